#include "host/plan/offers.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "base/suggest.h"
#include "contracts/flat_contract.h"
#include "host/plan/checks.h"

namespace weft::plan {

using contracts::InterfaceName;
using contracts::InterfaceType;
using contracts::Match;

namespace {

// What the target offers of the link's package.
std::vector<std::string> offered_interfaces(const Edge& edge) {
  std::vector<std::string> words;
  const auto add = [&](const InterfaceName& name) {
    if (name.ns == edge.link->ns && name.package == edge.link->package)
      words.push_back(name.interface);
  };
  if (edge.target->provider != nullptr)
    std::ranges::for_each(parsed(edge.target->provider->serves), add);
  if (edge.target->loaded != nullptr) {
    for (const auto& one : edge.target->loaded->type.exports)
      std::ranges::for_each(offered_as(one.name), add);
  }
  return words;
}

}  // namespace

bool same_interface(const InterfaceName& a, const InterfaceName& b) {
  return a.ns == b.ns && a.package == b.package && a.interface == b.interface;
}

bool is_called(const InterfaceType& import) {
  return !import.functions.empty() || !import.resources.empty();
}

std::vector<InterfaceName> parsed(std::span<const std::string_view> texts) {
  std::vector<InterfaceName> names;
  for (const auto one : texts) {
    if (auto name = InterfaceName::parse(one)) names.push_back(std::move(*name));
  }
  return names;
}

std::vector<InterfaceName> offered_as(const InterfaceName& exported) {
  if (exported.unversioned() == "wasi:http/incoming-handler")
    return {exported, {exported.ns, exported.package, "outgoing-handler", exported.version}};
  std::vector<InterfaceName> names = {exported};
  if (const auto* flat = contracts::find_flat_contract(exported); flat != nullptr) {
    for (auto& name : parsed(flat->served)) {
      if (!same_interface(name, exported)) names.push_back(std::move(name));
    }
  }
  return names;
}

std::vector<InterfaceName> offers(const Unit& unit, const InterfaceName& wanted) {
  std::vector<InterfaceName> found;
  if (unit.provider != nullptr) {
    for (auto& name : parsed(unit.provider->serves)) {
      if (same_interface(name, wanted)) found.push_back(std::move(name));
    }
  }
  if (unit.loaded != nullptr) {
    for (const auto& one : unit.loaded->type.exports) {
      for (auto& name : offered_as(one.name)) {
        if (same_interface(name, wanted)) found.push_back(std::move(name));
      }
    }
  }
  return found;
}

bool is_known(const Unit& unit) { return unit.provider != nullptr || unit.loaded != nullptr; }

const InterfaceName* fitting(const std::vector<InterfaceName>& offered,
                             const InterfaceName& wanted) {
  const auto found = std::ranges::find_if(offered, [&](const InterfaceName& one) {
    return contracts::match_versions(wanted.version, one.version) == Match::yes;
  });
  return found == offered.end() ? nullptr : &*found;
}

std::string joined(const std::vector<InterfaceName>& names) {
  std::vector<std::string> texts;
  texts.reserve(names.size());
  for (const auto& name : names) texts.push_back(text(name));
  if (texts.empty()) return {};
  const auto last = std::move(texts.back());
  texts.pop_back();
  return texts.empty() ? last : fmt::format("{} and {}", fmt::join(texts, ", "), last);
}

std::string meant_interface(const Edge& edge, const std::string& word) {
  const auto offered = offered_interfaces(edge);
  if (std::ranges::find(offered, word) != offered.end()) return {};
  const std::vector<std::string_view> views(offered.begin(), offered.end());
  return std::string(nearest_word(word, views).value_or(""));
}

std::vector<std::string> corrected(const Edge& edge) {
  std::vector<std::string> words;
  for (const auto& one : edge.link->interfaces) {
    auto meant = meant_interface(edge, one.text);
    if (meant.empty()) meant = one.text;
    words.push_back(std::move(meant));
  }
  return words;
}

}  // namespace weft::plan
