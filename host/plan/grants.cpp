#include <fmt/ranges.h>

#include <algorithm>
#include <set>

#include "host/plan/checks.h"
#include "host/plan/snippet.h"

namespace weft::plan {
namespace {

using manifest::Findings;

bool imports(const Unit& unit, const contracts::Link& link, std::string_view interface) {
  return std::ranges::any_of(
      unit.loaded->type.imports, [&](const contracts::InterfaceType& import) {
        return import.name.ns == link.ns && import.name.package == link.package &&
               import.name.interface == interface &&
               (!import.functions.empty() || !import.resources.empty());
      });
}

// A link is the grant: what the component does not import, it need not be given.
void check_width(const Edge& edge, Findings& findings) {
  if (edge.source->loaded == nullptr || edge.link->interfaces.empty()) return;
  std::vector<std::string> used, unused;
  for (const auto& one : edge.link->interfaces) {
    if (!meant_interface(edge, one.text).empty()) return;  // said already, with the whole list
    (imports(*edge.source, *edge.link, one.text) ? used : unused).push_back(one.text);
  }
  if (unused.empty()) return;
  const auto& name = edge.source->component->name;
  if (used.empty()) {
    return findings.warning(
        edge.link->at,
        fmt::format("the link from '{}' to '{}' grants {}:{}/{}, and '{}' imports nothing of it",
                    name, edge.target->component->name, edge.link->ns, edge.link->package,
                    fmt::join(unused, ", "), name),
        "Remove the link.");
  }
  findings.warning(
      edge.link->interfaces_at,
      fmt::format("the link from '{}' to '{}' grants more than is used: '{}' does not import {}",
                  name, edge.target->component->name, name, fmt::join(unused, ", ")),
      fmt::format("Narrow it to\n  interfaces: {}", flow_list(used)));
}

bool imports_of_wasi(const Unit& unit, std::string_view package) {
  return std::ranges::any_of(unit.loaded->type.imports, [&](const auto& import) {
    return import.name.ns == "wasi" && import.name.package == package;
  });
}

// That of a target that is a component reaches its guests through wasi:config.
void check_link_config(const Edge& edge, Findings& findings) {
  const auto is_component = [](const Unit& unit) {
    return unit.component->kind == contracts::ComponentKind::component;
  };
  if (const auto& configs = edge.link->source_config;
      !configs.empty() && is_component(*edge.source)) {
    findings.warning(
        configs.front().at,
        fmt::format("nothing reads the source config of this link: '{}' is a component",
                    edge.source->component->name));
  }
  const auto& configs = edge.link->target_config;
  if (configs.empty() || edge.target->loaded == nullptr || imports_of_wasi(*edge.target, "config"))
    return;
  findings.warning(
      configs.front().at,
      fmt::format("nothing reads the target config of this link: '{}' does not import wasi:config",
                  edge.target->component->name));
}

// Config reaches a component through wasi:config and as its environment.
void check_component_config(const Unit& unit, Findings& findings) {
  if (unit.loaded == nullptr || unit.component->config.empty()) return;
  const bool reads = imports_of_wasi(unit, "config") ||
                     std::ranges::any_of(unit.loaded->type.imports, [](const auto& import) {
                       return import.name.ns == "wasi" && import.name.interface == "environment";
                     });
  if (reads) return;
  findings.warning(
      unit.component->config.front().at,
      fmt::format(
          "nothing reads this config: '{}' imports neither wasi:config nor wasi:cli/environment",
          unit.component->name));
}

void check_linked(const World& world, const Unit& unit, Findings& findings) {
  if (unit.component->kind != contracts::ComponentKind::capability) return;
  const bool linked = std::ranges::any_of(
      world.edges, [&](const Edge& edge) { return edge.source == &unit || edge.target == &unit; });
  // The link may stand under a word that nothing reads, which is a finding already.
  const bool misspelt = std::ranges::any_of(
      unit.application->components, [](const auto& one) { return misspelt_link(one) != nullptr; });
  if (linked || misspelt) return;
  findings.warning(
      unit.component->at,
      fmt::format("'{}' does nothing: no link begins or ends at it", unit.component->name));
}

// An export that providers call, and none is linked to: the component waits for events in vain.
// (Requests may reach a component from others, without a server.)
void check_events(const Input& input, const World& world, const Unit& unit, Findings& findings) {
  if (unit.loaded == nullptr || !unit.starts()) return;
  for (const auto* kind : input.providers.all()) {
    if (kind->info.name == manifest::k_http_server) continue;
    for (const auto called : kind->info.calls) {
      const auto contract = contracts::InterfaceName::parse(called);
      const auto exported = std::ranges::find_if(unit.loaded->type.exports, [&](const auto& one) {
        return one.name.unversioned() == contract->unversioned();
      });
      if (exported == unit.loaded->type.exports.end()) continue;
      const bool reached = std::ranges::any_of(world.edges, [&](const Edge& edge) {
        return edge.target == &unit && edge.link->ns == contract->ns &&
               edge.link->package == contract->package;
      });
      if (reached) return;
      return findings.info(
          unit.component->at,
          fmt::format("'{}' exports {}, and no link leads to it: nothing reaches it",
                      unit.component->name, exported->name.text()),
          fmt::format("Give a capability such as {} a link to '{}': docs/manifest.md, Messaging.",
                      kind->info.name, unit.component->name));
    }
  }
}

// Depth first through the links between components; each cycle is told once, at the link that
// closes it.
class Cycles {
 public:
  Cycles(const World& world, Findings& findings) : findings_(findings) {
    for (const auto& edge : world.edges) {
      const auto component = contracts::ComponentKind::component;
      if (edge.source->component->kind == component && edge.target->component->kind == component) {
        out_[edge.source].push_back(&edge);
      }
    }
  }
  void find() {
    for (const auto& [unit, edges] : out_) walk(*unit);
  }

 private:
  // Without recursion: a manifest may be a long chain.
  void walk(const Unit& start) {
    if (!seen_.insert(&start).second) return;
    path_.push_back({&start, 0});
    while (!path_.empty()) {
      auto& [unit, next] = path_.back();
      const auto edges = out_.find(unit);
      if (edges == out_.end() || next == edges->second.size()) {
        path_.pop_back();
        continue;
      }
      const Edge& edge = *edges->second[next++];
      if (seen_.insert(edge.target).second) {
        path_.push_back({edge.target, 0});
      } else {
        tell_if_closed(edge);
      }
    }
  }
  void tell_if_closed(const Edge& edge) {
    auto from = std::ranges::find(path_, edge.target, &Visit::unit);
    if (from == path_.end()) return;
    std::vector<std::string_view> names;
    for (; from != path_.end(); ++from) names.push_back(from->unit->component->name);
    findings_.warning(edge.link->at,
                      fmt::format("these links form a cycle: {} -> {}", fmt::join(names, " -> "),
                                  edge.target->component->name),
                      "That is allowed; a call that keeps going around ends at the hop limit.");
  }

  struct Visit {
    const Unit* unit;
    std::size_t next;
  };
  Findings& findings_;
  std::map<const Unit*, std::vector<const Edge*>> out_;
  std::set<const Unit*> seen_;
  std::vector<Visit> path_;
};

}  // namespace

void check_grants(const Input& input, const World& world, Findings& findings) {
  for (const auto& edge : world.edges) {
    check_width(edge, findings);
    check_link_config(edge, findings);
  }
  for (const auto& unit : world.units) {
    check_component_config(unit, findings);
    check_linked(world, unit, findings);
    check_events(input, world, unit, findings);
  }
  Cycles(world, findings).find();
}

}  // namespace weft::plan
