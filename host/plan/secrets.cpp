#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <filesystem>

#include "host/manifest/node_reader.h"
#include "host/plan/checks.h"

namespace weft::plan {
namespace {

using contracts::Policy;
using contracts::Secret;
using manifest::Findings;

constexpr std::string_view k_file_backend = "weft:secrets-file";
constexpr std::array<std::string_view, 4> k_properties = {"backend", "file", "key_file", "key_env"};

// Null: an error that reading the manifest has told.
const Policy* policy_of(const Unit& unit, const Secret& secret) {
  const auto& policies = unit.application->policies;
  const auto found = std::ranges::find(policies, secret.policy, &Policy::name);
  return found == policies.end() ? nullptr : &*found;
}

std::string_view property(const Policy& policy, std::string_view key) {
  const auto found = std::ranges::find(policy.properties, key, &contracts::Setting::key);
  return found == policy.properties.end() ? std::string_view() : std::string_view(found->value);
}

// Relative paths start at the folder of the manifest, as images do.
std::filesystem::path path_of(const Policy& policy, std::string_view key) {
  const std::filesystem::path path(property(policy, key));
  if (path.empty() || path.is_absolute()) return path;
  return std::filesystem::path(policy.at.file).parent_path() / path;
}

void check_policy(const Policy& policy, Findings& findings) {
  const auto backend = property(policy, "backend");
  if (backend != k_file_backend) {
    return findings.error(
        policy.at, fmt::format("'{}' is not a backend of secrets that Weft has", backend),
        fmt::format("Write `backend: {}`, and put the secrets there: weft secret put KEY",
                    k_file_backend));
  }
  for (const auto& one : policy.properties) {
    if (std::ranges::find(k_properties, one.key) != k_properties.end()) continue;
    findings.warning(one.at, fmt::format("{} has no property '{}'", k_file_backend, one.key),
                     manifest::did_you_mean(one.key, k_properties));
  }
  if (!property(policy, "key_file").empty() && !property(policy, "key_env").empty()) {
    findings.error(policy.at, fmt::format("the policy '{}' names two keys", policy.name),
                   "Keep one of `key_file` and `key_env`.");
  }
}

bool reads_secrets(const Unit& unit) {
  return std::ranges::any_of(unit.loaded->type.imports, [](const contracts::InterfaceType& import) {
    return import.name.ns == "wasmcloud" && import.name.package == "secrets";
  });
}

void refuse(const std::vector<Secret>& secrets, Findings& findings) {
  for (const auto& secret : secrets) {
    findings.error(secret.at,
                   fmt::format("the secret '{}' would reach nobody: only components have secrets",
                               secret.name),
                   "Name it among the properties of the component that reads it.");
  }
}

void check_unit(const Unit& unit, Findings& findings) {
  const auto& component = *unit.component;
  for (const auto& link : component.links) {
    refuse(link.source_secrets, findings);
    refuse(link.target_secrets, findings);
  }
  if (component.kind == contracts::ComponentKind::capability)
    return refuse(component.secrets, findings);
  for (const auto& secret : component.secrets) {
    if (secret.version) {
      findings.error(secret.at,
                     fmt::format("{} keeps no versions of '{}'", k_file_backend, secret.name),
                     "Remove `version`.");
    }
  }
  if (component.secrets.empty() || unit.loaded == nullptr || reads_secrets(unit)) return;
  findings.warning(component.secrets.front().at,
                   fmt::format("nothing reads this secret: '{}' does not import "
                               "wasmcloud:secrets/store",
                               component.name));
}

}  // namespace

void check_secrets(const Input& input, const World& world, Findings& findings) {
  for (const auto& unit : world.units) check_unit(unit, findings);
  for (const auto& application : input.manifests) {
    for (const auto& policy : application.policies) {
      const auto named = [&](const contracts::Component& component) {
        return std::ranges::find(component.secrets, policy.name, &Secret::policy) !=
               component.secrets.end();
      };
      if (std::ranges::any_of(application.components, named)) check_policy(policy, findings);
    }
  }
}

std::vector<SecretUse> secrets_of(const Unit& unit) {
  std::vector<SecretUse> uses;
  for (const auto& secret : unit.component->secrets) {
    const auto* policy = policy_of(unit, secret);
    if (policy == nullptr) continue;
    uses.push_back({.name = secret.name,
                    .key = secret.key,
                    .field = secret.field.value_or(""),
                    .file = path_of(*policy, "file"),
                    .key_file = path_of(*policy, "key_file"),
                    .key_variable = std::string(property(*policy, "key_env")),
                    .at = secret.at});
  }
  return uses;
}

}  // namespace weft::plan
