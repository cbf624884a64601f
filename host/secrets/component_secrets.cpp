#include "host/secrets/component_secrets.h"

#include <fmt/format.h>

#include <cstring>
#include <string>

#include "host/manifest/findings.h"

namespace weft::secrets {
namespace {

class ComponentSecrets final : public contracts::Secrets {
 public:
  using Found = std::map<std::string, contracts::SecretView, std::less<>>;

  // Copies what the views show.
  explicit ComponentSecrets(const Found& found) : memory_(total(found)) {
    auto room = memory_.bytes();
    for (const auto& [name, value] : found) {
      const auto own = room.first(value.bytes.size());
      if (!own.empty()) std::memcpy(own.data(), value.bytes.data(), own.size());
      views_.emplace(name, contracts::SecretView{value.kind, own});
      room = room.subspan(own.size());
    }
  }
  const contracts::SecretView* find(std::string_view name) const override {
    const auto found = views_.find(name);
    return found == views_.end() ? nullptr : &found->second;
  }

 private:
  static std::size_t total(const Found& found) {
    std::size_t size = 0;
    for (const auto& [name, value] : found) size += value.bytes.size();
    return size;
  }
  SecretBytes memory_;
  Found views_;  // into memory_
};

}  // namespace

std::filesystem::path default_file(const std::filesystem::path& state) { return state / "secrets"; }

Result<std::shared_ptr<const contracts::Secrets>> SecretsReader::read(
    std::span<const plan::SecretUse> uses) {
  if (uses.empty()) return nullptr;
  ComponentSecrets::Found found;
  for (const auto& use : uses) {
    TRY(const auto* file, open(use).context(manifest::text(use.at)));
    const SecretName name{use.key, use.field};
    const auto* value = file->find(name);
    if (value == nullptr) {
      return fail(Errc::not_found,
                  fmt::format("{}: there is no secret {}; put it: weft secret put {}{}",
                              manifest::text(use.at), text(name), use.key,
                              use.field.empty() ? "" : " --field " + use.field));
    }
    found.emplace(use.name, *value);
  }
  return std::make_shared<const ComponentSecrets>(found);
}

Result<const SecretsFile*> SecretsReader::open(const plan::SecretUse& use) {
  if (use.file.empty() && state_.empty()) {
    return fail(Errc::invalid,
                "without a state folder the policy of a secret must name its `file`");
  }
  const auto path = use.file.empty() ? default_file(state_) : use.file;
  const KeySource source{use.key_file, use.key_variable};
  if (const auto known = open_.find({path, source}); known != open_.end()) return &known->second;
  const bool anywhere = source.file.empty() && source.variable.empty();
  const auto typed = typed_.find(path);
  if (anywhere && typed != typed_.end()) {
    TRY(auto file, SecretsFile::open(path, typed->second));
    return &open_.emplace(Place{path, source}, std::move(file)).first->second;
  }
  TRY(auto key, read_key(source, path, Ask::yes));
  TRY(auto file, SecretsFile::open(path, key));
  if (anywhere) typed_.insert_or_assign(path, std::move(key));
  return &open_.emplace(Place{path, source}, std::move(file)).first->second;
}

}  // namespace weft::secrets
