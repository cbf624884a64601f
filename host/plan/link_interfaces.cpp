// Each link, interface by interface: what its ends must have, and in which version.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "host/plan/checks.h"
#include "host/plan/offers.h"
#include "host/plan/snippet.h"

namespace weft::plan {
namespace {

using contracts::InterfaceName;
using contracts::InterfaceType;
using manifest::Findings;

std::string offered_text(const Unit& unit) {
  std::vector<std::string> texts;
  if (unit.provider != nullptr) {
    for (const auto one : unit.provider->serves) texts.emplace_back(one);
  } else {
    for (const auto& one : unit.loaded->type.exports) texts.push_back(text(one.name));
  }
  const auto verb = unit.provider != nullptr ? "serves" : "exports";
  if (texts.empty()) return fmt::format("'{}' {} no interface.", unit.component->name, verb);
  return fmt::format("'{}' {}: {}.", unit.component->name, verb, fmt::join(texts, ", "));
}

// The functions of both sides, for two components.
void check_signatures(const Edge& edge, const contracts::Text& interface,
                      const InterfaceType& import, const InterfaceName& export_name,
                      Findings& findings) {
  if (edge.target->loaded == nullptr) return;
  const auto& exports = edge.target->loaded->type.exports;
  const auto offered = std::ranges::find(exports, export_name, &InterfaceType::name);
  if (offered == exports.end()) return;
  if (!import.resources.empty()) {
    return findings.error(
        interface.at,
        fmt::format("{} has resources ({}), which cannot cross a link between components yet",
                    text(import.name), fmt::join(import.resources, ", ")));
  }
  const auto lines =
      differences(import.functions, fmt::format("'{}' calls", edge.source->component->name),
                  offered->functions, fmt::format("'{}'", edge.target->component->name));
  if (lines.empty()) return;
  findings.error(interface.at,
                 fmt::format("'{}' and '{}' do not agree on {}: {} of its functions differ{}",
                             edge.source->component->name, edge.target->component->name,
                             import.name.unversioned(), lines.size(), lines.size() == 1 ? "s" : ""),
                 fmt::format("{}\n  Build both against the same WIT.", fmt::join(lines, "\n  ")));
}

void check_versions(const Edge& edge, const contracts::Text& interface, const InterfaceType& import,
                    const std::vector<InterfaceName>& offered, Findings& findings) {
  const auto* fit = fitting(offered, import.name);
  if (fit != nullptr) return check_signatures(edge, interface, import, *fit, findings);
  findings.error(interface.at,
                 fmt::format("the versions do not fit: '{}' imports {}, '{}' has {}",
                             edge.source->component->name, text(import.name),
                             edge.target->component->name, joined(offered)),
                 std::string(k_version_rule));
}

// A provider as the source: it must be one that calls this.
bool provider_calls(const Edge& edge, const contracts::Text& interface, const InterfaceName& wanted,
                    Findings& findings) {
  const auto& provider = *edge.source->provider;
  if (edge.target->component->kind == contracts::ComponentKind::capability) {
    findings.error(
        interface.at,
        fmt::format("'{}' and '{}' are both capabilities: a link joins a component with something",
                    edge.source->component->name, edge.target->component->name));
    return false;
  }
  for (const auto& called : parsed(provider.calls)) {
    if (same_interface(called, wanted)) return true;
  }
  findings.error(
      interface.at,
      fmt::format("'{}' ({}) never calls {}", edge.source->component->name, provider.name,
                  text(wanted)),
      provider.calls.empty()
          ? fmt::format("Turn the link around: components call '{}'.", edge.source->component->name)
          : fmt::format("It calls: {}.", fmt::join(provider.calls, ", ")));
  return false;
}

void check_interface(const Edge& edge, const contracts::Text& interface, Findings& findings) {
  const InterfaceName wanted{edge.link->ns, edge.link->package, interface.text, ""};
  if (edge.source->provider != nullptr && !provider_calls(edge, interface, wanted, findings))
    return;
  if (!is_known(*edge.target)) return;
  const auto offered = offers(*edge.target, wanted);
  if (offered.empty()) {
    if (const auto meant = meant_interface(edge, interface.text); !meant.empty()) {
      return findings.error(
          interface.at,
          fmt::format("'{}' has no interface '{}' of {}:{}", edge.target->component->name,
                      interface.text, wanted.ns, wanted.package),
          fmt::format("Did you mean `{}`?\n  interfaces: {}", meant, flow_list(corrected(edge))));
    }
    return findings.error(
        interface.at,
        fmt::format("the link from '{}' to '{}' names {}, which '{}' does not have",
                    edge.source->component->name, edge.target->component->name, text(wanted),
                    edge.target->component->name),
        offered_text(*edge.target));
  }
  if (edge.source->provider != nullptr) {
    for (const auto& called : parsed(edge.source->provider->calls)) {
      if (!same_interface(called, wanted) || fitting(offered, called) != nullptr) continue;
      findings.error(interface.at,
                     fmt::format("the versions do not fit: '{}' calls {}, '{}' has {}",
                                 edge.source->component->name, text(called),
                                 edge.target->component->name, joined(offered)),
                     std::string(k_version_rule));
    }
    return;
  }
  if (edge.source->loaded == nullptr) return;
  for (const auto& import : edge.source->loaded->type.imports) {
    if (same_interface(import.name, wanted) && is_called(import))
      check_versions(edge, interface, import, offered, findings);
  }
}

}  // namespace

void check_links(const World& world, Findings& findings) {
  for (const auto& edge : world.edges) {
    const bool unknown_source =
        edge.source->component->kind == contracts::ComponentKind::capability &&
        edge.source->provider == nullptr;
    if (unknown_source) continue;
    for (const auto& interface : edge.link->interfaces) check_interface(edge, interface, findings);
  }
}

}  // namespace weft::plan
