#include "contracts/adapter.h"

#include <fmt/format.h>

#include <utility>

namespace weft::contracts {

Result<std::uint32_t> Handles::add(std::string name) {
  if (limit_ != 0 && size() >= limit_) {
    return fail(
        Errc::exhausted,
        fmt::format("more than {} handles at once; drop some before opening others", limit_));
  }
  if (!free_.empty()) {
    const auto rep = free_.back();
    free_.pop_back();
    slots_[rep - 1] = std::move(name);
    return rep;
  }
  slots_.emplace_back(std::move(name));
  return static_cast<std::uint32_t>(slots_.size());
}

Result<std::string_view> Handles::find(std::uint32_t rep) const {
  if (rep != 0 && rep <= slots_.size()) {
    if (const auto& name = slots_[rep - 1]) return std::string_view(*name);
  }
  return fail(Errc::invalid, fmt::format("there is no handle {}", rep));
}

void Handles::remove(std::uint32_t rep) {
  if (rep == 0 || rep > slots_.size() || !slots_[rep - 1]) return;
  slots_[rep - 1].reset();
  free_.push_back(rep);
}

}  // namespace weft::contracts
