#include "host/plan/world.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/suggest.h"
#include "host/manifest/image_ref.h"
#include "host/manifest/node_reader.h"

namespace weft::plan {
namespace {

using contracts::Component;
using contracts::ImageKind;
using contracts::Manifest;
using manifest::Findings;

constexpr std::string_view k_shared = "experimental.wasmcloud.dev/shared";

void check_image(const Component& component, const manifest::Providers& providers,
                 Findings& findings) {
  if (!component.image || component.image->kind != ImageKind::registry) return;
  findings.error(component.image->at,
                 fmt::format("'{}' cannot be had: Weft does not fetch images from registries yet",
                             component.image->text),
                 manifest::registry_advice(*component.image, providers));
}

// What stands in one host together: two applications must not have the same name, nor two
// components the same id.
void check_clashes(const Input& input, const World& world, Findings& findings) {
  std::map<std::string_view, const Manifest*> names;
  for (const auto& one : input.manifests) {
    const auto [first, added] = names.emplace(one.name.text(), &one);
    if (added) continue;
    findings.error(one.at, fmt::format("two applications have the name '{}'; the other is {}",
                                       one.name.text(), manifest::text(first->second->at)));
  }
  std::map<ComponentId, const Unit*> ids;
  for (const auto& unit : world.units) {
    const auto [first, added] = ids.emplace(unit.component->id, &unit);
    if (added || first->second->application == unit.application ||
        first->second->application->name == unit.application->name) {
      continue;
    }
    findings.error(
        unit.component->at,
        fmt::format("'{}' has the id {}, and so has '{}' of the application '{}' ({})",
                    unit.component->name, unit.component->id.text(), first->second->component->name,
                    first->second->application->name.text(),
                    manifest::text(first->second->component->at)),
        "Write another `id` into the properties of one of them.");
  }
}

class Resolver {
 public:
  Resolver(const World& world, const Input& input, Findings& findings)
      : world_(world), input_(input), findings_(findings) {}

  // What runs under that name of an application; null after an error.
  const Unit* find(const Manifest& application, const Component& component) const {
    if (component.shared) return find_shared(component, *component.shared);
    for (const auto& unit : world_.units) {
      if (unit.application == &application && unit.component == &component) return &unit;
    }
    return nullptr;
  }

 private:
  const Unit* find_shared(const Component& component, const contracts::SharedRef& shared) const {
    const auto owner = std::ranges::find_if(input_.manifests, [&](const Manifest& one) {
      return one.name.text() == shared.application;
    });
    if (owner == input_.manifests.end()) {
      findings_.error(shared.at,
                      fmt::format("'{}' belongs to the application '{}', which is not here",
                                  component.name, shared.application),
                      "Give both manifests to the same command.");
      return nullptr;
    }
    const auto open = std::ranges::any_of(owner->annotations, [](const contracts::Setting& one) {
      return one.key == k_shared && one.value == "true";
    });
    if (!open) {
      findings_.error(
          shared.at,
          fmt::format("the application '{}' does not share its components", shared.application),
          fmt::format("It allows that by the annotation\n  {}: \"true\"", k_shared));
      return nullptr;
    }
    std::vector<std::string_view> names;
    for (const auto& unit : world_.units) {
      if (unit.application != &*owner || unit.component->kind != component.kind) continue;
      if (unit.component->name == shared.component) return &unit;
      names.push_back(unit.component->name);
    }
    findings_.error(
        shared.at,
        fmt::format(
            "the application '{}' has no {} '{}'", shared.application,
            component.kind == contracts::ComponentKind::capability ? "capability" : "component",
            shared.component),
        names.empty() ? "" : manifest::did_you_mean(shared.component, names));
    return nullptr;
  }

  const World& world_;
  const Input& input_;
  Findings& findings_;
};

void add_edges(const Manifest& application, const Resolver& resolver, World& world) {
  std::map<std::string_view, const Unit*> units;
  for (const auto& component : application.components) {
    units.emplace(component.name, resolver.find(application, component));
  }
  for (const auto& component : application.components) {
    const auto* source = units.at(component.name);
    for (const auto& link : component.links) {
      const auto target = units.find(link.target.text);
      if (source == nullptr || target == units.end() || target->second == nullptr) continue;
      world.edges.push_back({&link, &application, source, target->second});
    }
  }
}

}  // namespace

std::string lower(std::string_view text) {
  std::string made(text);
  for (char& c : made) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return made;
}

World make_world(const Input& input, Findings& findings) {
  World world;
  for (const auto& application : input.manifests) {
    for (const auto& component : application.components) {
      check_image(component, input.providers, findings);
      if (component.shared) continue;
      Unit unit{&application, &component};
      if (component.kind == contracts::ComponentKind::component) {
        const auto loaded = input.components.find(component.id);
        if (loaded != input.components.end()) unit.loaded = &loaded->second;
      } else if (component.image && component.image->kind == ImageKind::builtin) {
        const auto* found = input.providers.find(component.image->resolved);
        if (found != nullptr) unit.provider = &found->info;
      }
      if (component.scaler && !unit.starts()) {
        findings.warning(component.scaler->at,
                         fmt::format("'{}' is not started: it has 0 instances", component.name));
      }
      world.units.push_back(unit);
    }
  }
  check_clashes(input, world, findings);
  const Resolver resolver(world, input, findings);
  for (const auto& application : input.manifests) add_edges(application, resolver, world);
  return world;
}

Settings merged(const std::vector<contracts::Config>& configs, Keys keys) {
  Settings settings;
  for (const auto& config : configs) {
    if (!config.values) continue;
    for (const auto& one : *config.values) {
      settings[keys == Keys::lower_case ? lower(one.key) : one.key] = one.value;
    }
  }
  return settings;
}

}  // namespace weft::plan
