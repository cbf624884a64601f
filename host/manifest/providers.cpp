#include "host/manifest/providers.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <iterator>
#include <utility>
#include <vector>

#include "contracts/host_service.h"
#include "host/manifest/http_server.h"

namespace weft::manifest {
namespace {

using contracts::ConfigKey;
using contracts::KeyPlace;
using contracts::KeySupport;
using contracts::ProviderInfo;
using contracts::ProviderKind;

constexpr std::array k_others = {
    OtherProduct{"keyvalue-nats", "NATS JetStream", "wasi:keyvalue"},
    OtherProduct{"keyvalue-vault", "HashiCorp Vault", "wasi:keyvalue"},
    OtherProduct{"keyvalue-couchbase", "Couchbase", "wasi:keyvalue"},
    OtherProduct{"messaging-nats", "NATS", "wasmcloud:messaging"},
    OtherProduct{"messaging-kafka", "Kafka", "wasmcloud:messaging"},
    OtherProduct{"blobstore-fs", "a folder of files", "wasi:blobstore"},
    OtherProduct{"blobstore-s3", "S3", "wasi:blobstore"},
    OtherProduct{"blobstore-azure", "Azure Blob Storage", "wasi:blobstore"},
    OtherProduct{"blobstore-nats", "NATS JetStream", "wasi:blobstore"},
    OtherProduct{"sqldb-postgres", "PostgreSQL", "wasmcloud:postgres"},
    OtherProduct{"couchbase", "Couchbase", "wasmcloud:couchbase"}};
constexpr std::array<std::string_view, 3> k_registries = {
    "ghcr.io/wasmcloud/", "wasmcloud.azurecr.io/", "ghcr.io/wasmcloud/provider-"};

constexpr std::array<std::string_view, 7> k_host = {
    "wasi:io/*@0.2.0",         "wasi:clocks/*@0.2.0",  "wasi:random/*@0.2.0",  "wasi:cli/*@0.2.0",
    "wasi:filesystem/*@0.2.0", "wasi:sockets/*@0.2.0", "wasi:http/types@0.2.0"};

bool same_but_for_case(std::string_view a, std::string_view b) {
  return std::ranges::equal(a, b, [](char x, char y) {
    const auto low = [](char c) {
      return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    };
    return low(x) == low(y);
  });
}

void append_list(std::string& made, std::string_view title,
                 std::span<const std::string_view> words) {
  for (const auto word : words) {
    made += fmt::format("  {:<9} {}\n", title, word);
    title = "";
  }
}

}  // namespace

std::string_view name(KeyPlace place) {
  switch (place) {
    case KeyPlace::provider:
      return "config";
    case KeyPlace::link_source:
      return "source config";
    case KeyPlace::link_target:
      return "target config";
  }
  return "config";
}

const ConfigKey* find_key(const ProviderInfo& provider, KeyPlace place, std::string_view key) {
  for (const auto& one : provider.keys) {
    // What a link may say of its target, the target may say for all its links.
    const bool here =
        one.place == place || (place == KeyPlace::provider && one.place == KeyPlace::link_target);
    if (here && same_but_for_case(one.key, key)) return &one;
  }
  return nullptr;
}

Providers::Providers(std::vector<const ProviderKind*> kinds) : kinds_(std::move(kinds)) {
  kinds_.insert(kinds_.begin(), &http_server());
}

const ProviderKind* Providers::find(std::string_view name) const {
  const auto found =
      std::ranges::find_if(kinds_, [&](const auto* one) { return one->info.name == name; });
  return found == kinds_.end() ? nullptr : *found;
}

const ProviderKind* Providers::find_alias(std::string_view reference) const {
  const auto found = std::ranges::find_if(kinds_, [&](const auto* one) {
    return std::ranges::find(one->info.aliases, reference) != one->info.aliases.end();
  });
  return found == kinds_.end() ? nullptr : *found;
}

const ProviderKind* Providers::find_serving(std::string_view package) const {
  const auto serves = [&](std::string_view interface) {
    return interface.starts_with(package) && interface.substr(package.size()).starts_with('/');
  };
  const auto found = std::ranges::find_if(
      kinds_, [&](const auto* one) { return std::ranges::any_of(one->info.serves, serves); });
  return found == kinds_.end() ? nullptr : *found;
}

std::string Providers::text() const {
  std::string made;
  for (const auto* kind : kinds_) {
    const auto& one = kind->info;
    made += fmt::format("{}{}: {}\n", made.empty() ? "" : "\n", one.name, one.what);
    append_list(made, "also", one.aliases);
    append_list(made, "serves", one.serves);
    append_list(made, "calls", one.calls);
    for (const auto& key : one.keys) {
      if (key.support != KeySupport::taken) continue;
      made += fmt::format("  {:<9} {} ({}): {}", "key", key.key, name(key.place), key.what);
      made +=
          key.default_value.empty() ? "\n" : fmt::format("; without it {}\n", key.default_value);
    }
  }
  return made;
}

const OtherProduct* find_other_product(std::string_view reference) {
  for (const auto registry : k_registries) {
    if (!reference.starts_with(registry)) continue;
    const auto package = reference.substr(registry.size());
    const auto found = std::ranges::find(k_others, package, &OtherProduct::package);
    if (found != k_others.end()) return &*found;
  }
  return nullptr;
}

std::span<const std::string_view> host_interfaces() {
  static const auto all = [] {
    std::vector<std::string_view> made(k_host.begin(), k_host.end());
    for (const auto* service : contracts::host_services())
      std::ranges::copy(service->interfaces(), std::back_inserter(made));
    return made;
  }();
  return all;
}

}  // namespace weft::manifest
