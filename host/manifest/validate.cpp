#include <algorithm>
#include <array>
#include <iterator>
#include <map>
#include <tuple>

#include "host/manifest/parts.h"

#include <fmt/format.h>

namespace weft::manifest {
namespace {

using contracts::Component;
using contracts::Link;
using contracts::Manifest;
using contracts::Position;

constexpr std::string_view k_secret_policy = "policy.secret.wasmcloud.dev/v1alpha1";

void check_duplicates(const Manifest& manifest, Findings& findings) {
  std::map<std::string_view, const Position*> names;
  std::map<std::string_view, const Component*> ids;
  for (const auto& component : manifest.components) {
    const auto [first, added] = names.emplace(component.name, &component.at);
    if (!added) {
      findings.error(
          component.at,
          fmt::format("there are two components with the name '{}'; the first is on line {}",
                      component.name, first->second->line));
      continue;
    }
    if (component.shared) continue;
    const auto [owner, fresh] = ids.emplace(component.id.text(), &component);
    if (fresh) continue;
    findings.error(component.at,
                   fmt::format("'{}' and '{}' (line {}) have the same id, {}", component.name,
                               owner->second->name, owner->second->at.line, component.id.text()),
                   "Ids are made of the names, with everything but letters and digits as '_': "
                   "choose another name, or "
                   "write another `id` into the properties.");
  }
}

void check_targets(const Manifest& manifest, const Component& component, Findings& findings) {
  std::vector<std::string_view> names;
  names.reserve(manifest.components.size());
  for (const auto& one : manifest.components) names.push_back(one.name);
  for (const auto& link : component.links) {
    if (link.target.at.line == 0 || std::ranges::find(names, link.target.text) != names.end())
      continue;
    findings.error(
        link.target.at,
        fmt::format(
            "the link from '{}' leads to nothing: there is no component '{}' in this manifest",
            component.name, link.target.text),
        did_you_mean(link.target.text, names));
  }
}

void check_duplicate_links(const Component& component, Findings& findings) {
  using Key = std::tuple<std::string_view, std::string_view, std::string_view, std::string_view>;
  std::map<Key, std::uint32_t> seen;
  for (const auto& link : component.links) {
    for (const auto& interface : link.interfaces) {
      const Key key{link.name.text(), link.ns, link.package, interface.text};
      const auto [first, added] = seen.emplace(key, interface.at.line);
      if (added) continue;
      findings.error(
          interface.at,
          fmt::format("'{}' has two links named '{}' for {}:{}/{}; the first is on line {}",
                      component.name, link.name.text(), link.ns, link.package, interface.text,
                      first->second),
          "Give one of the links a `name` of its own, or remove one.");
    }
  }
}

void check_link_configs(const Manifest& manifest, Findings& findings) {
  std::map<std::string_view, std::uint32_t> seen;
  const auto check = [&](const std::vector<contracts::Config>& configs) {
    for (const auto& config : configs) {
      if (!config.values) continue;
      const auto [first, added] = seen.emplace(config.name, config.at.line);
      if (added) continue;
      findings.error(config.at,
                     fmt::format("two links define a config '{}'; the first is on line {}",
                                 config.name, first->second),
                     "Configs belong to the whole application: give each a name of its own.");
    }
  };
  for (const auto& component : manifest.components) {
    for (const auto& link : component.links) {
      check(link.target_config);
      check(link.source_config);
    }
  }
}

void check_secrets(const Manifest& manifest, const std::vector<contracts::Secret>& secrets,
                   Findings& findings) {
  for (const auto& secret : secrets) {
    const auto policy =
        std::ranges::find(manifest.policies, secret.policy, &contracts::Policy::name);
    if (policy == manifest.policies.end()) {
      std::vector<std::string_view> names;
      names.reserve(manifest.policies.size());
      for (const auto& one : manifest.policies) names.push_back(one.name);
      findings.error(secret.at,
                     fmt::format("the secret '{}' names the policy '{}', which does not exist",
                                 secret.name, secret.policy),
                     names.empty() ? "Policies stand under spec.policies."
                                   : did_you_mean(secret.policy, names));
    } else if (policy->type != k_secret_policy) {
      findings.error(
          secret.at,
          fmt::format("the secret '{}' names the policy '{}', which is not one for secrets",
                      secret.name, policy->name),
          fmt::format("Its type must be {}.", k_secret_policy));
    } else if (std::ranges::find(policy->properties, "backend", &contracts::Setting::key) ==
               policy->properties.end()) {
      findings.error(policy->at,
                     fmt::format("the policy '{}' has no `backend`, and the secret '{}' needs it",
                                 policy->name, secret.name));
    }
  }
}

void check_shared(const Component& component, Findings& findings) {
  if (!component.shared) return;
  const auto refuse = [&](const Position& at, std::string_view what) {
    findings.error(at, fmt::format("'{}' is shared by the application '{}', where {} must stand",
                                   component.name, component.shared->application, what));
  };
  if (!component.config.empty()) refuse(component.config.front().at, "its config");
  if (!component.secrets.empty()) refuse(component.secrets.front().at, "its secrets");
  if (component.scaler) refuse(component.scaler->at, "its scaler");
}

struct KnownPackage {
  std::string_view ns, package;
  std::array<std::string_view, 5> interfaces;
};
constexpr std::array k_known = {
    KnownPackage{"wrpc", "blobstore", {"blobstore"}},
    KnownPackage{"wrpc", "keyvalue", {"atomics", "store"}},
    KnownPackage{"wrpc", "http", {"incoming-handler", "outgoing-handler"}},
    KnownPackage{"wasi", "blobstore", {"blobstore", "container", "types"}},
    KnownPackage{"wasi", "config", {"runtime", "store"}},
    KnownPackage{"wasi", "keyvalue", {"atomics", "store", "batch", "watch", "watcher"}},
    KnownPackage{"wasi", "http", {"incoming-handler", "outgoing-handler"}},
    KnownPackage{"wasi", "logging", {"logging"}},
    KnownPackage{"wasmcloud", "messaging", {"consumer", "handler"}}};
constexpr std::array<std::string_view, 2> k_known_whole = {"wasi", "wrpc"};

void check_interface(const Link& link, const contracts::Text& interface, Findings& findings) {
  std::vector<std::string_view> packages;
  for (const auto& known : k_known) {
    if (known.ns == link.ns) packages.push_back(known.package);
    if (known.ns != link.ns || known.package != link.package) continue;
    std::vector<std::string_view> interfaces;
    std::ranges::copy_if(known.interfaces, std::back_inserter(interfaces),
                         [](auto word) { return !word.empty(); });
    if (std::ranges::find(interfaces, interface.text) != interfaces.end()) return;
    findings.warning(interface.at,
                     fmt::format("{}:{} is not known to have an interface '{}'", link.ns,
                                 link.package, interface.text),
                     did_you_mean(interface.text, interfaces));
    return;
  }
  if (std::ranges::find(k_known_whole, link.ns) == k_known_whole.end()) return;
  if (&interface != &link.interfaces.front()) return;  // once for the link
  findings.warning(link.at,
                   fmt::format("{}:{} is not a package that is known", link.ns, link.package),
                   did_you_mean(link.package, packages));
}

}  // namespace

void validate(const Manifest& manifest, Findings& findings) {
  check_duplicates(manifest, findings);
  check_link_configs(manifest, findings);
  for (const auto& component : manifest.components) {
    check_targets(manifest, component, findings);
    check_duplicate_links(component, findings);
    check_shared(component, findings);
    check_secrets(manifest, component.secrets, findings);
    for (const auto& link : component.links) {
      check_secrets(manifest, link.source_secrets, findings);
      check_secrets(manifest, link.target_secrets, findings);
      for (const auto& interface : link.interfaces) check_interface(link, interface, findings);
    }
  }
}

}  // namespace weft::manifest
