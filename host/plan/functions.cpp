#include <fmt/ranges.h>

#include <algorithm>

#include "contracts/flat_contract.h"
#include "host/plan/checks.h"

namespace weft::plan {

std::vector<std::string> differences(std::span<const contracts::FunctionType> wanted,
                                     std::string_view who_wants,
                                     std::span<const contracts::FunctionType> offered,
                                     std::string_view who_offers) {
  std::vector<std::string> lines;
  for (const auto& one : wanted) {
    const auto found = std::ranges::find(offered, one.name, &contracts::FunctionType::name);
    if (found == offered.end()) {
      lines.push_back(fmt::format("{}: {} {}, {} does not have it", one.name, who_wants,
                                  one.signature, who_offers));
    } else if (found->signature != one.signature) {
      lines.push_back(fmt::format("{}: {} {}, {} has {}", one.name, who_wants, one.signature,
                                  who_offers, found->signature));
    }
  }
  return lines;
}

void check_flat_contracts(const Unit& unit, manifest::Findings& findings) {
  const auto& name = unit.component->name;
  const auto tell = [&](std::string_view verb, const contracts::InterfaceType& one,
                        const std::vector<std::string>& lines) {
    if (lines.empty()) return;
    findings.error(unit.component->at,
                   fmt::format("'{}' {} {} with other functions than it has: {}", name, verb,
                               text(one.name), lines.size()),
                   fmt::format("{}\n  Build it against the WIT of this version of Weft.",
                               fmt::join(lines, "\n  ")));
  };
  for (const auto& one : unit.loaded->type.exports) {
    if (const auto* flat = contracts::find_flat_contract(one.name); flat != nullptr)
      tell("exports", one,
           differences(flat->functions, "the contract has", one.functions,
                       fmt::format("'{}'", name)));
  }
  for (const auto& one : unit.loaded->type.imports) {
    if (const auto* flat = contracts::find_flat_contract(one.name); flat != nullptr)
      tell("imports", one,
           differences(one.functions, fmt::format("'{}' calls", name), flat->functions,
                       "the contract"));
  }
}

}  // namespace weft::plan
