// The built-in providers as manifests see them: their names, the 1.x packages that are the same
// product, the contracts they serve, the configuration they take. Tables, for reading manifests,
// for planning and for people.
#pragma once
#include <span>
#include <string>
#include <string_view>

namespace weft::manifest {

constexpr std::string_view k_builtin_prefix = "weft:";

enum class KeyPlace {
  provider,     // `config` of the capability
  link_source,  // `source.config` of a link that leaves the provider
  link_target,  // `target.config` of a link that leads to the provider
};
std::string_view name(KeyPlace place);

enum class KeySupport {
  taken,
  ignored,  // of 1.x, without effect here: a warning
  refused,  // of 1.x, and starting without it would be unsafe or plainly wrong: an error
};

struct ConfigKey {
  std::string_view key;  // in lower case; case does not count in manifests
  KeyPlace place;
  KeySupport support;
  std::string_view what;  // what it does
  std::string_view
      default_value;  // for people; of an untaken key the value that has no effect anyway, or empty
  std::string_view advice;  // of a key that is not taken: what to do
};

struct Provider {
  std::string_view name;  // "weft:http-server"
  std::string_view what;
  std::span<const std::string_view> aliases;  // image references without tag
  std::span<const std::string_view>
      serves;  // interfaces with version that components may import from it
  std::span<const std::string_view> calls;  // interfaces with version that it calls in components
  std::span<const ConfigKey> keys;
};

std::span<const Provider> providers();
// By name or null.
const Provider* find_provider(std::string_view name);
// By the 1.x package that is the same product, without its tag, or null.
const Provider* find_alias(std::string_view reference);
// The key at that place, whatever its case, or null.
const ConfigKey* find_key(const Provider& provider, KeyPlace place, std::string_view key);

// A 1.x package that is not ours under another name.
struct OtherProduct {
  std::string_view package;
  std::string_view what;
  std::string_view contract;
  std::string_view instead;  // the built-in provider of the same contract; or empty
};
// By package without its tag, in the registries that 1.x packages are published in; or null.
const OtherProduct* find_other_product(std::string_view reference);

// What every component may import without any link: `wasi:io/*@0.2.0`, '*' for every interface of
// the package.
std::span<const std::string_view> host_interfaces();

// The table for people: names, aliases, contracts, keys.
std::string providers_text();

}  // namespace weft::manifest
