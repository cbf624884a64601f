#include "links/link_table.h"

#include <fmt/format.h>

namespace weft::links {

std::string_view without_version(std::string_view contract) {
  return contract.substr(0, contract.find('@'));
}

std::size_t LinkTable::Hash::operator()(const Key& key) const noexcept {
  const std::hash<std::string_view> hash;
  std::size_t mixed = hash(key.source);
  for (const auto part : {key.name, key.contract}) {
    mixed ^= hash(part) + 0x9e3779b97f4a7c15 + (mixed << 6) + (mixed >> 2);
  }
  return mixed;
}

Result<std::shared_ptr<const LinkTable>> LinkTable::make(std::vector<Link> links) {
  auto table = std::make_shared<LinkTable>();
  table->links_ = std::move(links);
  for (std::size_t i = 0; i < table->links_.size(); ++i) {
    Link& link = table->links_[i];
    if (link.endpoint.empty()) link.endpoint = link.target;
    const auto [at, fresh] = table->index_.emplace(Key{link.source, link.name, link.contract}, i);
    if (!fresh) {
      return fail(
          Errc::conflict,
          fmt::format(
              "{} has two links named '{}' for {}: to {} and to {}; give one of them another name",
              link.source, link.name, link.contract, table->links_[at->second].target,
              link.target));
    }
  }
  return std::shared_ptr<const LinkTable>(std::move(table));
}

const Link* LinkTable::find(std::string_view source, std::string_view name,
                            std::string_view contract) const {
  const auto found = index_.find(Key{source, name, without_version(contract)});
  return found == index_.end() ? nullptr : &links_[found->second];
}

}  // namespace weft::links
