#include "host/manifest/providers.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace weft::manifest {
namespace {

using enum KeyPlace;
using enum KeySupport;

constexpr std::string_view k_cors =
    "Answers stay without CORS headers: let the component set them.";
constexpr std::string_view k_one_file = "Write the keys themselves into the link's source config.";

constexpr std::array<std::string_view, 3> k_http_aliases = {
    "ghcr.io/wasmcloud/http-server", "ghcr.io/wasmcloud/provider-http-server",
    "wasmcloud+builtin://http-server"};
constexpr std::array<std::string_view, 1> k_http_calls = {"wasi:http/incoming-handler@0.2.0"};
constexpr std::array k_http_keys = {
    ConfigKey{"address", link_source, taken, "IP:PORT to listen on; links may share one",
              "127.0.0.1:8000", ""},
    ConfigKey{"path", link_source, taken,
              "path prefix of the requests that reach the component; the longest wins",
              "every path", ""},
    ConfigKey{"host", link_source, taken,
              "value of the Host header of the requests that reach the component", "every host",
              ""},
    ConfigKey{"default_address", provider, taken, "IP:PORT for links that name no address",
              "127.0.0.1:8000", ""},
    ConfigKey{"listen_address", provider, taken, "an older spelling of default_address", "", ""},
    ConfigKey{"routing_mode", provider, taken,
              "address, path or host, as in 1.x; not needed: a link routes by what it names",
              "address", ""},
    ConfigKey{"header", provider, refused, "the header that selects a component", "host",
              "Only the Host header routes."},
    ConfigKey{"port", link_source, ignored, "port to listen on", "",
              "Write `address: \"127.0.0.1:PORT\"`."},
    ConfigKey{"tls_cert_file", link_source, refused, "certificate chain for HTTPS", "",
              "HTTPS is not served yet: put a proxy that ends TLS in front, and remove the line."},
    ConfigKey{"tls_priv_key_file", link_source, refused, "private key for HTTPS", "",
              "HTTPS is not served yet: put a proxy that ends TLS in front, and remove the line."},
    ConfigKey{"readonly_mode", link_source, refused, "only GET and HEAD", "false",
              "Refuse other methods in the component, and remove the line."},
    ConfigKey{"cache_control", link_source, ignored, "Cache-Control of answers that have none", "",
              "Let the component set the header."},
    ConfigKey{"timeout_ms", link_source, ignored, "time for an answer", "",
              "Give the component a trait `limits` with `response_time`."},
    ConfigKey{"max_body_bytes", link_source, ignored, "bytes of one request body", "",
              "Give the component a trait `limits` with `body_bytes`."},
    ConfigKey{"disable_keepalive", link_source, ignored, "one request per connection", "false",
              "Connections are kept as HTTP/1.1 has it."},
    ConfigKey{"cors_allowed_origins", link_source, ignored, "Access-Control-Allow-Origin", "",
              k_cors},
    ConfigKey{"cors_allowed_headers", link_source, ignored, "Access-Control-Allow-Headers", "",
              k_cors},
    ConfigKey{"cors_allowed_methods", link_source, ignored, "Access-Control-Allow-Methods", "",
              k_cors},
    ConfigKey{"cors_exposed_headers", link_source, ignored, "Access-Control-Expose-Headers", "",
              k_cors},
    ConfigKey{"cors_max_age_secs", link_source, ignored, "Access-Control-Max-Age", "", k_cors},
    ConfigKey{"config_b64", link_source, refused, "all keys in one value", "", k_one_file},
    ConfigKey{"config_json", link_source, refused, "all keys in one value", "", k_one_file}};

constexpr std::array<std::string_view, 6> k_keyvalue_serves = {
    "wasi:keyvalue/store@0.2.0-draft",    "wasi:keyvalue/atomics@0.2.0-draft",
    "wasi:keyvalue/batch@0.2.0-draft",    "wasi:keyvalue/store@0.2.0-draft2",
    "wasi:keyvalue/atomics@0.2.0-draft2", "wasi:keyvalue/batch@0.2.0-draft2"};

constexpr std::array k_providers = {Provider{"weft:http-server",
                                             "answers HTTP requests by calling components",
                                             k_http_aliases,
                                             {},
                                             k_http_calls,
                                             k_http_keys},
                                    Provider{"weft:keyvalue-sqlite",
                                             "keeps keys and values in a file, durably",
                                             {},
                                             k_keyvalue_serves,
                                             {},
                                             {}}};

constexpr std::string_view k_keyvalue = "weft:keyvalue-sqlite";
constexpr std::array k_others = {
    OtherProduct{"keyvalue-redis", "Redis", "wasi:keyvalue", k_keyvalue},
    OtherProduct{"keyvalue-nats", "NATS JetStream", "wasi:keyvalue", k_keyvalue},
    OtherProduct{"keyvalue-vault", "HashiCorp Vault", "wasi:keyvalue", k_keyvalue},
    OtherProduct{"keyvalue-couchbase", "Couchbase", "wasi:keyvalue", k_keyvalue},
    OtherProduct{"kvredis", "Redis", "wasi:keyvalue", k_keyvalue},
    OtherProduct{"http-client", "the HTTP client", "wasi:http/outgoing-handler", ""},
    OtherProduct{"messaging-nats", "NATS", "wasmcloud:messaging", ""},
    OtherProduct{"messaging-kafka", "Kafka", "wasmcloud:messaging", ""},
    OtherProduct{"blobstore-fs", "a folder of files", "wasi:blobstore", ""},
    OtherProduct{"blobstore-s3", "S3", "wasi:blobstore", ""},
    OtherProduct{"blobstore-azure", "Azure Blob Storage", "wasi:blobstore", ""},
    OtherProduct{"blobstore-nats", "NATS JetStream", "wasi:blobstore", ""},
    OtherProduct{"sqldb-postgres", "PostgreSQL", "wasmcloud:postgres", ""},
    OtherProduct{"couchbase", "Couchbase", "wasmcloud:couchbase", ""}};
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

std::span<const Provider> providers() { return k_providers; }

const Provider* find_provider(std::string_view name) {
  const auto found = std::ranges::find(k_providers, name, &Provider::name);
  return found == k_providers.end() ? nullptr : &*found;
}

const Provider* find_alias(std::string_view reference) {
  for (const auto& one : k_providers) {
    if (std::ranges::find(one.aliases, reference) != one.aliases.end()) return &one;
  }
  return nullptr;
}

const ConfigKey* find_key(const Provider& provider, KeyPlace place, std::string_view key) {
  for (const auto& one : provider.keys) {
    if (one.place == place && same_but_for_case(one.key, key)) return &one;
  }
  return nullptr;
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

std::span<const std::string_view> host_interfaces() { return k_host; }

std::string providers_text() {
  std::string made;
  for (const auto& one : k_providers) {
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

}  // namespace weft::manifest
