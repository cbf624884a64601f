// The built-in providers as manifests see them: their names, the 1.x packages that are the same
// product, the contracts they serve, the configuration they take. For reading manifests, for
// planning and for people.
#pragma once
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "contracts/provider.h"

namespace weft::manifest {

constexpr std::string_view k_builtin_prefix = "weft:";
constexpr std::string_view k_http_server = "weft:http-server";

// Those that the program was built with, and `weft:http-server`, which the host itself is.
class Providers {
 public:
  // Each outlives this.
  explicit Providers(std::vector<const contracts::ProviderKind*> kinds);

  std::span<const contracts::ProviderKind* const> all() const [[clang::lifetimebound]] {
    return kinds_;
  }
  // By name or null.
  const contracts::ProviderKind* find(std::string_view name) const;
  // By the 1.x package that is the same product, without its tag, or null.
  const contracts::ProviderKind* find_alias(std::string_view reference) const;
  // One that serves interfaces of this package ("wasi:keyvalue"), or null.
  const contracts::ProviderKind* find_serving(std::string_view package) const;
  // The table for people: names, aliases, contracts, keys.
  std::string text() const;

 private:
  std::vector<const contracts::ProviderKind*> kinds_;
};

// Where a key stands, for people: "target config".
std::string_view name(contracts::KeyPlace place);
// The key at that place, whatever its case, or null.
const contracts::ConfigKey* find_key(const contracts::ProviderInfo& provider,
                                     contracts::KeyPlace place, std::string_view key);

// A 1.x package for which Weft may have another product.
struct OtherProduct {
  std::string_view package;
  std::string_view what;
  std::string_view contract;  // "wasi:keyvalue"
};
// By package without its tag, in the registries that 1.x packages are published in; or null.
const OtherProduct* find_other_product(std::string_view reference);

// What every component may import without any link: `wasi:io/*@0.2.0`, '*' for every interface of
// the package.
std::span<const std::string_view> host_interfaces();

}  // namespace weft::manifest
