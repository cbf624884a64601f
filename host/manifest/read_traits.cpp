#include <algorithm>
#include <array>

#include "base/suggest.h"

#include <fmt/format.h>

#include "host/manifest/parts.h"

namespace weft::manifest {
namespace {

using contracts::Component;
using contracts::Link;
using contracts::Scaler;
using contracts::ScalerKind;

constexpr std::array<std::string_view, 4> k_traits = {"spreadscaler", "daemonscaler", "link",
                                                      "limits"};

std::optional<contracts::Spread> read_spread(Reading& reading, const Node& node) {
  static constexpr std::array<std::string_view, 3> keys = {"name", "requirements", "weight"};
  if (!is_map(reading, node, "a spread", Unknown::error, keys)) return std::nullopt;
  contracts::Spread spread;
  spread.at = node.at;
  spread.name = require_text(reading, node, "a spread", "name");
  if (const auto* requirements = require(reading, node, "a spread", "requirements")) {
    spread.requirements = read_settings(reading, *requirements, "the requirements of a spread");
  }
  if (const auto* weight = optional_value(node, "weight")) {
    spread.weight = read_count(reading, *weight, "`weight` of a spread").value_or(spread.weight);
  }
  return spread;
}

void check_weights(Reading& reading, const Node& list, const Scaler& scaler) {
  const bool any =
      std::ranges::any_of(scaler.spreads, [](const auto& spread) { return spread.weight > 0; });
  if (scaler.spreads.empty() || any) return;
  reading.findings.error(
      list.at, "the weights of the spreads add up to 0, so nothing can be divided among them",
      "Give one of them a weight above 0, or leave the weights out (100 each).");
}

void read_scaler(Reading& reading, const Node& node, ScalerKind kind, Component& component) {
  static constexpr std::array<std::string_view, 3> keys = {"instances", "replicas", "spread"};
  const std::string what = fmt::format(
      "the properties of a {}", kind == ScalerKind::spread ? "spreadscaler" : "daemonscaler");
  if (!is_map(reading, node, what, Unknown::error, keys)) return;
  Scaler scaler{.kind = kind, .spreads = {}, .at = node.at};
  const auto* instances = node.find("instances");
  const auto* replicas = node.find("replicas");
  if (instances != nullptr && replicas != nullptr) {
    reading.findings.error(replicas->at,
                           "`replicas` is another word for `instances`: give one of the two");
  } else if (replicas != nullptr) {
    instances = replicas;
  } else {
    instances = require(reading, node, what, "instances");
  }
  if (instances != nullptr) {
    const auto number = read_count(reading, *instances, "`instances`");
    scaler.instances = number.value_or(0);
  }
  if (const auto* spreads = node.find("spread")) {
    if (is_list(reading, *spreads, "`spread`")) {
      for (const auto& item : spreads->items) {
        if (auto spread = read_spread(reading, item)) scaler.spreads.push_back(std::move(*spread));
      }
      if (spreads->items.size() == scaler.spreads.size()) check_weights(reading, *spreads, scaler);
    }
  }
  if (component.scaler) {
    reading.findings.warning(
        node.at, fmt::format("'{}' has a second scaler: the larger number of instances counts",
                             component.name));
    if (component.scaler->instances >= scaler.instances) return;
  }
  component.scaler = std::move(scaler);
}

void read_interfaces(Reading& reading, const Node& list, Link& link) {
  link.interfaces_at = list.at;
  if (!is_list(reading, list, "`interfaces` of a link")) return;
  for (const auto& item : list.items) {
    if (auto text = read_text(reading, item, "an interface of a link")) {
      link.interfaces.push_back({std::move(*text), item.at});
    }
  }
  if (list.items.empty())
    reading.findings.warning(list.at, "this link lists no interface: it grants nothing");
}

// `source:` and `target:` carry the same two lists.
void read_ends(Reading& reading, const Node& node, std::string_view what,
               std::vector<contracts::Config>& config, std::vector<contracts::Secret>& secrets) {
  if (const auto* list = node.find("config")) config = read_configs(reading, *list, what);
  if (const auto* list = node.find("secrets")) secrets = read_secrets(reading, *list, what);
}

void read_old_config(Reading& reading, const Node& node, std::string_view key, std::string_view end,
                     std::vector<contracts::Config>& config) {
  const auto* list = node.find(key);
  if (list == nullptr) return;
  reading.findings.warning(list->at, fmt::format("`{}` is an old spelling", key),
                           fmt::format("Write {}:\n  config:\n    - name: …", end));
  config = read_configs(reading, *list, fmt::format("a link's {}", end));
}

void read_target(Reading& reading, const Node& node, Link& link) {
  static constexpr std::array<std::string_view, 3> keys = {"name", "config", "secrets"};
  const auto* target = require(reading, node, "a link", "target");
  if (target == nullptr) return;
  if (target->kind == NodeKind::text) {
    link.target = {target->scalar, target->at};
    read_old_config(reading, node, "target_config", "target", link.target_config);
    return;
  }
  if (!is_map(reading, *target, "a link's target", Unknown::warning, keys)) return;
  if (const auto* name = require(reading, *target, "a link's target", "name")) {
    if (auto text = read_text(reading, *name, "`name` of a link's target"))
      link.target = {std::move(*text), name->at};
  }
  read_ends(reading, *target, "a link's target", link.target_config, link.target_secrets);
  if (const auto* old = node.find("target_config")) {
    reading.findings.warning(old->at,
                             "`target_config` has no effect beside a `target` with keys of its own",
                             "Move its list into target:\n  config:");
  }
}

void read_link(Reading& reading, const Node& node, Component& component) {
  static constexpr std::array<std::string_view, 8> known = {
      "name",   "namespace", "package",       "interfaces",
      "source", "target",    "source_config", "target_config"};
  static constexpr std::array<std::string_view, 2> source_keys = {"config", "secrets"};
  if (!is_map(reading, node, "a link's properties", Unknown::warning, known)) return;
  Link link;
  link.at = node.at;
  if (const auto* name = node.find("name")) {
    if (auto text = read_text(reading, *name, "`name` of a link"))
      link.name = LinkName(std::move(*text));
  }
  link.ns = require_text(reading, node, "a link", "namespace");
  link.package = require_text(reading, node, "a link", "package");
  if (const auto* list = require(reading, node, "a link", "interfaces"))
    read_interfaces(reading, *list, link);
  read_old_config(reading, node, "source_config", "source", link.source_config);
  if (const auto* source = node.find("source")) {
    if (is_map(reading, *source, "a link's source", Unknown::warning, source_keys)) {
      link.source_config.clear();
      read_ends(reading, *source, "a link's source", link.source_config, link.source_secrets);
    }
  }
  read_target(reading, node, link);
  component.links.push_back(std::move(link));
}

void read_limit(Reading& reading, const Entry& entry, Component& component) {
  const auto specs = contracts::limit_specs();
  const auto spec =
      std::ranges::find(specs, std::string_view(entry.key), &contracts::LimitSpec::key);
  if (spec == specs.end()) return;
  const auto text = read_text(reading, entry.value, fmt::format("`{}`", entry.key), Plain::scalars);
  if (!text) return;
  const auto value = contracts::parse_limit(*spec, *text);
  if (!value) return reading.findings.error(entry.value.at, value.error().message);
  component.limits.*spec->value = *value;
  component.limit_origins.push_back({spec->key, entry.key_at});
}

void read_limits(Reading& reading, const Node& node, Component& component) {
  std::vector<std::string_view> keys;
  for (const auto& spec : contracts::limit_specs()) keys.push_back(spec.key);
  if (!is_map(reading, node, "the limits", Unknown::error, keys)) return;
  if (component.kind == contracts::ComponentKind::capability) {
    reading.findings.warning(
        node.at, fmt::format("'{}' is a capability: limits hold for components", component.name));
  }
  for (const auto& entry : node.entries) read_limit(reading, entry, component);
}

void read_trait(Reading& reading, const Node& node, Component& component) {
  static constexpr std::array<std::string_view, 2> keys = {"type", "properties"};
  if (!is_map(reading, node, "a trait", Unknown::error, keys)) return;
  const auto* type = require(reading, node, "a trait", "type");
  const auto* properties = require(reading, node, "a trait", "properties");
  if (type == nullptr || properties == nullptr) return;
  const auto text = read_text(reading, *type, "`type` of a trait");
  if (!text) return;
  if (*text == "link") return read_link(reading, *properties, component);
  if (*text == "spreadscaler")
    return read_scaler(reading, *properties, ScalerKind::spread, component);
  if (*text == "daemonscaler")
    return read_scaler(reading, *properties, ScalerKind::daemon, component);
  if (*text == "limits") return read_limits(reading, *properties, component);
  const auto near = nearest_word(*text, k_traits);
  if (near) component.misspelt.push_back({*text, std::string(*near), type->at});
  reading.findings.warning(
      type->at, fmt::format("'{}' is not a trait that Weft knows: nothing reads it", *text),
      near ? fmt::format("Did you mean `{}`?", *near)
           : "Traits are `link`, `spreadscaler`, `daemonscaler` and `limits`.");
}

// `instances` is the most calls at once, and so is the limit `calls`; the position goes with the
// value.
void join_calls(Reading& reading, Component& component) {
  const auto origin = std::ranges::find(component.limit_origins, std::string_view("calls"),
                                        &contracts::LimitOrigin::key);
  if (!component.scaler) return;
  if (origin != component.limit_origins.end()) {
    reading.findings.warning(
        origin->at,
        fmt::format("`calls` and `instances` (line {}) mean the same: the most calls at once; "
                    "`calls` counts",
                    component.scaler->at.line));
    return;
  }
  if (component.scaler->instances == 0) return;
  component.limits.calls = component.scaler->instances;
  component.limit_origins.push_back({"calls", component.scaler->at});
}

}  // namespace

void read_traits(Reading& reading, const Node& list, Component& component) {
  if (!is_list(reading, list, "`traits`")) return;
  if (!list.items.empty()) component.traits_at = list.items.front().at;
  for (const auto& node : list.items) read_trait(reading, node, component);
  join_calls(reading, component);
}

}  // namespace weft::manifest
