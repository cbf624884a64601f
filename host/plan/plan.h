// From manifests, the types of their components and the built-in providers to the steps that start
// them, or to everything that stands in the way. Pure: no file is read, nothing is started.
#pragma once
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/id.h"
#include "contracts/component_type.h"
#include "contracts/manifest.h"
#include "host/manifest/findings.h"
#include "host/manifest/providers.h"

namespace weft::plan {

// A component's file, as far as planning is concerned.
struct Loaded {
  contracts::ComponentType type;
  std::string digest;
};

// Everything outlives the call. A component whose file could not be read is missing from
// `components`: whoever loads reports that, and the checks that need its type are left out.
struct Input {
  std::span<const contracts::Manifest> manifests;
  const std::map<ComponentId, Loaded>& components;
  const manifest::Providers& providers;
  // A name for a text from which nobody can tell the text: settings, which may hold passwords, name
  // endpoints. The same for the same text in plans that are compared.
  std::function<std::string(std::string_view)> disguise;
  std::span<const std::string_view> host = manifest::host_interfaces();
};

using contracts::Settings;

// A secret that a component finds by its name, or that is a setting of a provider by its key; and
// where it is kept, not the secret itself.
struct SecretUse {
  std::string name;
  std::string key;
  std::string field;               // empty: none
  std::filesystem::path file;      // empty: that of the host
  std::filesystem::path key_file;  // at most one of these two
  std::string key_variable;
  contracts::Position at;
};

struct StartProvider {
  ComponentId id;
  std::string provider;                 // "weft:keyvalue-sqlite"
  Settings config;                      // keys in lower case
  std::vector<SecretUse> secrets = {};  // settings beside `config`, which has none of their keys
};

// One for each set of settings that links to the provider have: what they call on every thread.
struct OpenEndpoint {
  ComponentId provider;
  Settings settings;  // the provider's config, overridden by the link's target config
  std::string name;   // as links name it
  std::vector<SecretUse> secrets = {};  // settings beside `settings`, which has none of their keys
};

struct StartComponent {
  ComponentId id;
  std::string path;
  std::string digest;
  contracts::Limits limits;
  std::vector<contracts::LimitOrigin> limit_origins;
  // A running one takes over what changes here.
  Settings config;
  std::vector<SecretUse> secrets = {};
};

// One interface of one link: the switchboard finds targets by source, link name and interface.
struct PutLink {
  ComponentId source;
  LinkName name;
  std::string interface;  // "wasi:keyvalue/store"
  ComponentId target;
  std::string endpoint;  // of the target: its id, or OpenEndpoint::name
  Settings source_config;
  Settings target_config = {};  // of a component: a provider has it from its endpoint
};

// Requests to `address` whose Host is `host` (empty: any) and whose path begins with `path` reach
// `target`.
struct AddRoute {
  ComponentId provider;
  ComponentId target;
  LinkName link;
  std::string address;                  // "127.0.0.1:8000", "[::1]:8000"
  std::string host;                     // lower case
  std::string path;                     // "/" for all; no '/' at the end otherwise
  contracts::Position address_at = {};  // of `address`; empty: no line names it
  Settings target_config = {};
};

// Events of a link that leaves a provider reach `target` by calls of `contract`.
struct Subscribe {
  ComponentId provider;
  LinkName link;
  std::string contract;  // as the provider calls it: "wasmcloud:messaging/handler@0.2.0"
  ComponentId target;
  Settings settings;    // the provider's config, overridden by the link's source config
  std::uint64_t calls;  // that the target takes at once
  std::vector<SecretUse> secrets = {};  // settings beside `settings`, which has none of their keys
};

struct Step {
  std::string key;  // what it is about: the same for the same thing in an edited manifest
  std::uint64_t hash =
      0;  // of everything that starts differently when it changes, the component's digest included
  std::uint64_t settings = 0;  // of what it takes over while it runs
  ApplicationName application;
  contracts::Position at;
  std::variant<StartProvider, OpenEndpoint, StartComponent, PutLink, AddRoute, Subscribe> what;
};

// To be done in this order: providers, their endpoints, components (a callee before its callers),
// links, subscriptions, routes.
struct Plan {
  std::vector<Step> steps;
};

struct Planned {
  std::optional<Plan> plan;  // there if and only if no finding is an error
  manifest::Findings findings;
};

// "wasi:keyvalue/store@0.2.0"; also for plain names, and for what is outside any interface.
std::string text(const contracts::InterfaceName& name);

// All applications of a host at once, so that their ids and routes are compared. Errors: whatever
// would keep one from answering. Warnings: links that grant more than the component uses, cycles,
// configuration that nothing reads.
Planned make_plan(const Input& input);

}  // namespace weft::plan
