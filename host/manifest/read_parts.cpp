#include <array>

#include "host/manifest/names.h"

#include <fmt/format.h>

#include "host/manifest/parts.h"

namespace weft::manifest {

using contracts::Config;
using contracts::Policy;
using contracts::Secret;

std::vector<Config> read_configs(Reading& reading, const Node& list, std::string_view what) {
  static constexpr std::array<std::string_view, 2> keys = {"name", "properties"};
  std::vector<Config> configs;
  if (!is_list(reading, list, fmt::format("`config` of {}", what))) return configs;
  for (const auto& node : list.items) {
    if (!is_map(reading, node, "a config", Unknown::error, keys)) continue;
    Config config{.name = require_text(reading, node, "a config", "name"),
                  .id = {},
                  .values = {},
                  .at = node.at};
    config.id = config.name;
    if (const auto* properties = optional_value(node, "properties")) {
      config.id = config_id(reading.application, config.name);
      config.values = read_settings(reading, *properties, "the properties of a config");
    }
    configs.push_back(std::move(config));
  }
  return configs;
}

std::vector<Secret> read_secrets(Reading& reading, const Node& list, std::string_view what) {
  static constexpr std::array<std::string_view, 2> keys = {"name", "properties"};
  static constexpr std::array<std::string_view, 4> property_keys = {"policy", "key", "field",
                                                                    "version"};
  constexpr std::string_view of = "the properties of a secret";
  std::vector<Secret> secrets;
  if (!is_list(reading, list, fmt::format("`secrets` of {}", what))) return secrets;
  for (const auto& node : list.items) {
    if (!is_map(reading, node, "a secret", Unknown::warning, keys)) continue;
    Secret secret;
    secret.at = node.at;
    secret.name = require_text(reading, node, "a secret", "name");
    secret.id = secret_id(reading.application, secret.name);
    const auto* properties = require(reading, node, "a secret", "properties");
    if (properties != nullptr &&
        is_map(reading, *properties, of, Unknown::warning, property_keys)) {
      secret.policy = require_text(reading, *properties, of, "policy");
      secret.key = require_text(reading, *properties, of, "key");
      if (const auto* field = optional_value(*properties, "field")) {
        secret.field = read_text(reading, *field, "`field` of a secret");
      }
      if (const auto* version = optional_value(*properties, "version")) {
        secret.version = read_text(reading, *version, "`version` of a secret");
      }
    }
    secrets.push_back(std::move(secret));
  }
  return secrets;
}

std::vector<Policy> read_policies(Reading& reading, const Node& list) {
  static constexpr std::array<std::string_view, 3> keys = {"name", "type", "properties"};
  std::vector<Policy> policies;
  if (!is_list(reading, list, "`policies` of the spec")) return policies;
  for (const auto& node : list.items) {
    if (!is_map(reading, node, "a policy", Unknown::warning, keys)) continue;
    Policy policy;
    policy.at = node.at;
    policy.name = require_text(reading, node, "a policy", "name", Plain::scalars);
    policy.type = require_text(reading, node, "a policy", "type", Plain::scalars);
    if (const auto* properties = require(reading, node, "a policy", "properties")) {
      policy.properties =
          read_settings(reading, *properties, "the properties of a policy", Plain::scalars);
    }
    policies.push_back(std::move(policy));
  }
  return policies;
}

}  // namespace weft::manifest
