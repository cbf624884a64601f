#include <fmt/ranges.h>

#include <algorithm>

#include "contracts/flat_contract.h"
#include "host/manifest/node_reader.h"
#include "host/plan/checks.h"
#include "host/plan/offers.h"
#include "host/plan/snippet.h"

namespace weft::plan {
namespace {

using contracts::InterfaceName;
using contracts::Match;
using manifest::Findings;

enum class ByHost { yes, no, other_version };

ByHost from_host(const Input& input, const InterfaceName& import) {
  auto found = ByHost::no;
  for (const auto one : input.host) {
    const auto name = one.substr(0, one.find('@'));
    const auto version = name.size() == one.size() ? "" : one.substr(name.size() + 1);
    const auto package = name.substr(0, name.find('/'));
    const auto interface = name.substr(package.size() + 1);
    if (package != import.ns + ":" + import.package ||
        (interface != "*" && interface != import.interface))
      continue;
    if (contracts::match_versions(import.version, version) == Match::yes) return ByHost::yes;
    found = ByHost::other_version;
  }
  return found;
}

// Whether the link lists it, or would but for a misspelling that is a finding of its own.
bool names_interface(const Edge& edge, const InterfaceName& import) {
  if (edge.link->ns != import.ns || edge.link->package != import.package) return false;
  const auto words = corrected(edge);
  return std::ranges::find(words, import.interface) != words.end();
}

// Who would satisfy an import if a link led there.
struct Candidates {
  std::vector<const Unit*> units;                     // of the application
  std::vector<const contracts::ProviderInfo*> kinds;  // that are built in
  friend bool operator==(const Candidates&, const Candidates&) = default;
};

// Imports of one package that nothing satisfies and that the same ones would: one finding, one
// piece of manifest that mends it.
struct Unmet {
  std::string package;  // "wasi:keyvalue"
  std::vector<InterfaceName> names;
  Candidates candidates;
};

// Whether one unit has all of these in versions that fit.
bool has_all(const Unit& unit, const std::vector<InterfaceName>& names) {
  return std::ranges::all_of(names, [&](const InterfaceName& name) {
    return fitting(offers(unit, name), name) != nullptr;
  });
}

// The same by interfaces that it has of itself: that a component answers HTTP does not mean that
// others are meant to send their requests there.
bool exports_all(const Unit& unit, const std::vector<InterfaceName>& names) {
  return has_all(unit, names) &&
         (unit.loaded == nullptr || std::ranges::none_of(names, [](const InterfaceName& name) {
            return name.unversioned() == "wasi:http/outgoing-handler";
          }));
}

Candidates candidates_for(const Input& input, const World& world, const Unit& unit,
                          const InterfaceName& name) {
  Candidates found;
  for (const auto& other : world.units) {
    if (&other != &unit && other.application == unit.application && other.starts() &&
        exports_all(other, {name}))
      found.units.push_back(&other);
  }
  for (const auto* kind : input.providers.all()) {
    if (has_all(Unit{nullptr, nullptr, &kind->info, nullptr}, {name}))
      found.kinds.push_back(&kind->info);
  }
  return found;
}

void add_unmet(std::vector<Unmet>& unmet, const InterfaceName& name, Candidates candidates) {
  const auto package = name.ns + ":" + name.package;
  const auto found = std::ranges::find_if(unmet, [&](const Unmet& one) {
    return one.package == package && one.candidates == candidates;
  });
  if (found != unmet.end()) return found->names.push_back(name);
  unmet.push_back({package, {name}, std::move(candidates)});
}

// "Or one of these in its place" and a line for each of the others; empty when there are none.
std::string other_kinds(std::span<const contracts::ProviderInfo* const> kinds) {
  if (kinds.empty()) return {};
  std::string text = "\nOr, as its image, in the same place:";
  for (const auto* kind : kinds) text += fmt::format("\n    {:<24} {}", kind->name, kind->what);
  return text;
}

std::string other_units(const Candidates& candidates) {
  std::vector<std::string> others;
  for (const auto* unit : std::span(candidates.units).subspan(1))
    others.push_back(fmt::format("'{}'", unit->component->name));
  for (const auto* kind : candidates.kinds) {
    const bool there = std::ranges::any_of(
        candidates.units, [kind](const Unit* unit) { return unit->provider == kind; });
    if (!there) others.push_back(fmt::format("a capability of {}", kind->name));
  }
  return others.empty() ? "" : fmt::format("\nOr, as its target: {}.", fmt::join(others, ", "));
}

std::vector<std::string> interface_words(const std::vector<InterfaceName>& names) {
  std::vector<std::string> words;
  for (const auto& name : names) {
    if (std::ranges::find(words, name.interface) == words.end()) words.push_back(name.interface);
  }
  return words;
}

// The name for a new capability: that of its package, unless a component has it.
std::string free_name(const contracts::Manifest& application, const std::string& wanted) {
  auto name = wanted;
  for (int i = 2; std::ranges::find(application.components, name, &contracts::Component::name) !=
                  application.components.end();
       ++i) {
    name = fmt::format("{}-{}", wanted, i);
  }
  return name;
}

// Every version in which anybody has one of these interfaces, for the case that only the version is
// wrong.
std::string other_versions(const Input& input, const World& world, const Unmet& unmet) {
  std::vector<std::string> lines;
  for (const auto& name : unmet.names) {
    for (const auto& unit : world.units) {
      const auto offered = offers(unit, name);
      if (!offered.empty())
        lines.push_back(fmt::format("'{}' has {}.", unit.component->name, joined(offered)));
    }
    for (const auto* kind : input.providers.all()) {
      const auto served = offers(Unit{nullptr, nullptr, &kind->info, nullptr}, name);
      if (!served.empty())
        lines.push_back(fmt::format("{} serves {}.", kind->info.name, joined(served)));
    }
    if (from_host(input, name) == ByHost::other_version) {
      std::vector<std::string_view> own;
      std::ranges::copy_if(input.host, std::back_inserter(own), [&](std::string_view one) {
        return one.starts_with(unmet.package + "/");
      });
      lines.push_back(fmt::format("The host itself serves {}.", fmt::join(own, ", ")));
    }
  }
  if (lines.empty()) return {};
  return fmt::format("{}\n  {}", fmt::join(lines, "\n  "), k_version_rule);
}

std::string mend(const Input& input, const World& world, const Unit& unit, const Unmet& unmet) {
  const auto& component = *unit.component;
  const auto words = interface_words(unmet.names);
  const auto& first = unmet.names.front();
  if (first.ns.empty()) {
    return "Links join interfaces that have a namespace and a package: put these functions into "
           "one, such as\n"
           "  example:greeting/greeter";
  }
  for (const auto& edge : world.edges) {
    if (edge.source != &unit || edge.link->ns != first.ns || edge.link->package != first.package)
      continue;
    if (!has_all(*edge.target, unmet.names) || edge.link->name.text() != "default") continue;
    std::vector<std::string> all;
    all.reserve(edge.link->interfaces.size() + words.size());
    for (const auto& one : edge.link->interfaces) all.push_back(one.text);
    all.insert(all.end(), words.begin(), words.end());
    return fmt::format("Extend line {} of the link to '{}':\n  interfaces: {}",
                       edge.link->interfaces_at.line, edge.target->component->name, flow_list(all));
  }
  const auto& [units, kinds] = unmet.candidates;
  if (!units.empty()) {
    return link_lines(component, {first.ns, first.package, words, units.front()->component->name}) +
           other_units(unmet.candidates);
  }
  if (!kinds.empty()) {
    const auto name = free_name(*unit.application, first.package);
    return fmt::format("{}\nand to spec.components:\n{}{}",
                       link_lines(component, {first.ns, first.package, words, name}),
                       capability_lines(component, name, kinds.front()->name),
                       other_kinds(std::span(kinds).subspan(1)));
  }
  if (auto versions = other_versions(input, world, unmet); !versions.empty()) return versions;
  return fmt::format(
      "Nothing that is built in serves it. If a component of yours exports it, add that to "
      "spec.components "
      "as NAME.\n{}",
      link_lines(component, {first.ns, first.package, words, "NAME"}));
}

// What was written is most likely all there, under that word.
void report_misspelt(const contracts::Component& component, const contracts::Misspelt& misspelt,
                     const std::vector<Unmet>& unmet, Findings& findings) {
  std::vector<InterfaceName> names;
  for (const auto& one : unmet) names.insert(names.end(), one.names.begin(), one.names.end());
  findings.error(misspelt.at,
                 fmt::format("nothing reads `{}`, and without it '{}' has no link for {}",
                             misspelt.word, component.name, joined(names)),
                 fmt::format("Did you mean `{}`?", misspelt.meant));
}

void check_unit(const Input& input, const World& world, const Unit& unit, Findings& findings) {
  std::vector<Unmet> unmet;
  for (const auto& import : unit.loaded->type.imports) {
    if (!is_called(import) || from_host(input, import.name) == ByHost::yes) continue;
    const Edge* best = nullptr;
    for (const auto& edge : world.edges) {
      if (edge.source != &unit || !names_interface(edge, import.name)) continue;
      if (best == nullptr || edge.link->name.text() == "default") best = &edge;
    }
    if (best == nullptr) {
      add_unmet(unmet, import.name, candidates_for(input, world, unit, import.name));
    } else if (!best->target->starts()) {
      findings.error(
          best->link->target.at,
          fmt::format("'{}' needs {} from '{}', which is not started: it has 0 instances",
                      unit.component->name, text(import.name), best->target->component->name));
    } else if (best->link->name.text() != "default") {
      findings.warning(
          best->link->at,
          fmt::format("'{}' has {} only under the link name '{}': calls go to the link 'default' "
                      "unless the "
                      "component chooses another",
                      unit.component->name, text(import.name), best->link->name.text()),
          "Remove the `name` of the link, if the component does not choose.");
    }
  }
  const auto* misspelt = misspelt_link(*unit.component);
  if (!unmet.empty() && misspelt != nullptr)
    return report_misspelt(*unit.component, *misspelt, unmet, findings);
  for (const auto& one : unmet) {
    findings.error(
        unit.component->at,
        fmt::format("'{}' imports {}, and nothing here provides {}", unit.component->name,
                    joined(one.names), one.names.size() == 1 ? "it" : "them"),
        mend(input, world, unit, one));
  }
}

}  // namespace

const contracts::Misspelt* misspelt_link(const contracts::Component& component) {
  const auto found = std::ranges::find_if(component.misspelt, [](const auto& one) {
    return one.meant == "link" || one.meant == "traits";
  });
  return found == component.misspelt.end() ? nullptr : &*found;
}

std::string text(const InterfaceName& name) {
  if (!name.ns.empty()) return name.text();
  return name.interface.empty() ? "functions outside any interface" : name.interface;
}

void check_imports(const Input& input, const World& world, Findings& findings) {
  for (const auto& unit : world.units) {
    if (unit.loaded == nullptr || !unit.starts()) continue;
    check_flat_contracts(unit, findings);
    check_unit(input, world, unit, findings);
  }
}

}  // namespace weft::plan
