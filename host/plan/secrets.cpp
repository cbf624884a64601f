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
const Policy* policy_of(const contracts::Manifest& application, const Secret& secret) {
  const auto& policies = application.policies;
  const auto found = std::ranges::find(policies, secret.policy, &Policy::name);
  return found == policies.end() ? nullptr : &*found;
}

std::string_view property(const Policy& policy, std::string_view key) {
  const auto found = std::ranges::find(policy.properties, key, &contracts::Setting::key);
  return found == policy.properties.end() ? std::string_view() : std::string_view(found->value);
}

// Relative paths start at the folder of the manifest, as images do.
std::filesystem::path path_of(const Policy& policy, std::string_view key) {
  std::filesystem::path path(property(policy, key));
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
    findings.error(secret.at, fmt::format("the secret '{}' would reach nobody here", secret.name),
                   "Name it among the properties of the component or capability that reads it, or "
                   "at the `target` of a link to a capability.");
  }
}

void check_versions(const std::vector<Secret>& secrets, Findings& findings) {
  for (const auto& secret : secrets) {
    if (!secret.version) continue;
    findings.error(secret.at,
                   fmt::format("{} keeps no versions of '{}'", k_file_backend, secret.name),
                   "Remove `version`.");
  }
}

// What is secret is known when it starts, so it must be a setting that is read then.
void check_settings(const contracts::ProviderInfo& provider, const std::vector<Secret>& secrets,
                    std::span<const contracts::KeyPlace> places, Findings& findings) {
  if (provider.name == manifest::k_http_server) return refuse(secrets, findings);
  check_versions(secrets, findings);
  for (const auto& secret : secrets) {
    const bool known = std::ranges::any_of(places, [&](contracts::KeyPlace place) {
      const auto* key = manifest::find_key(provider, place, secret.name);
      return key != nullptr && key->support == contracts::KeySupport::taken;
    });
    if (known) continue;
    std::vector<std::string_view> keys;
    for (const auto& key : provider.keys) {
      if (key.support == contracts::KeySupport::taken) keys.push_back(key.key);
    }
    findings.error(secret.at,
                   fmt::format("nothing reads the secret '{}': {} has no such key here",
                               secret.name, provider.name),
                   manifest::did_you_mean(secret.name, keys));
  }
}

void check_unit(const Unit& unit, Findings& findings) {
  using contracts::KeyPlace;
  constexpr std::array places = {KeyPlace::provider, KeyPlace::link_target, KeyPlace::link_source};
  const auto& component = *unit.component;
  if (component.kind == contracts::ComponentKind::capability) {
    if (unit.provider != nullptr)
      check_settings(*unit.provider, component.secrets, places, findings);
    return;
  }
  check_versions(component.secrets, findings);
  if (component.secrets.empty() || unit.loaded == nullptr || reads_secrets(unit)) return;
  findings.warning(component.secrets.front().at,
                   fmt::format("nothing reads this secret: '{}' does not import "
                               "wasmcloud:secrets/store",
                               component.name));
}

std::vector<SecretUse> uses_of(const std::vector<Secret>& secrets,
                               const contracts::Manifest& application) {
  std::vector<SecretUse> uses;
  for (const auto& secret : secrets) {
    const auto* policy = policy_of(application, secret);
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

// A key is plain or secret, whichever comes last.
void override_by(ProviderSettings& settings, const Settings& plain, std::vector<SecretUse> secret) {
  const auto drop = [&settings](const std::string& key) {
    std::erase_if(settings.secret, [&key](const SecretUse& use) { return use.name == key; });
    settings.plain.erase(key);
  };
  for (const auto& [key, value] : plain) {
    drop(key);
    settings.plain.emplace(key, value);
  }
  for (auto& use : secret) {
    use.name = lower(use.name);
    drop(use.name);
    settings.secret.push_back(std::move(use));
  }
}

}  // namespace

void check_secrets(const Input& input, const World& world, Findings& findings) {
  constexpr std::array places = {contracts::KeyPlace::link_target};
  for (const auto& unit : world.units) check_unit(unit, findings);
  for (const auto& edge : world.edges) {
    refuse(edge.link->source_secrets, findings);
    if (edge.target->provider != nullptr) {
      check_settings(*edge.target->provider, edge.link->target_secrets, places, findings);
    } else {
      refuse(edge.link->target_secrets, findings);
    }
  }
  for (const auto& application : input.manifests) {
    for (const auto& policy : application.policies) {
      const auto names = [&](const std::vector<Secret>& secrets) {
        return std::ranges::find(secrets, policy.name, &Secret::policy) != secrets.end();
      };
      const auto named = [&](const contracts::Component& component) {
        return names(component.secrets) ||
               std::ranges::any_of(component.links, [&](const contracts::Link& link) {
                 return names(link.target_secrets);
               });
      };
      if (std::ranges::any_of(application.components, named)) check_policy(policy, findings);
    }
  }
}

std::vector<SecretUse> secrets_of(const Unit& unit) {
  return uses_of(unit.component->secrets, *unit.application);
}

ProviderSettings settings_of(const Unit& provider) {
  ProviderSettings made{merged(provider.component->config, Keys::lower_case), {}};
  override_by(made, {}, uses_of(provider.component->secrets, *provider.application));
  return made;
}

ProviderSettings settings_of(const Edge& edge) {
  auto made = settings_of(*edge.target);
  override_by(made, merged(edge.link->target_config, Keys::lower_case),
              uses_of(edge.link->target_secrets, *edge.application));
  return made;
}

ProviderSettings settings_at_source(const Edge& edge) {
  auto made = settings_of(*edge.source);
  override_by(made, merged(edge.link->source_config, Keys::lower_case), {});
  return made;
}

}  // namespace weft::plan
