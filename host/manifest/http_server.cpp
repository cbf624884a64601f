#include "host/manifest/http_server.h"

#include <array>

#include "host/manifest/providers.h"

namespace weft::manifest {
namespace {

using contracts::ConfigKey;
using enum contracts::KeyPlace;
using enum contracts::KeySupport;

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

const contracts::ProviderKind k_http_server_kind = {
    .info = {.name = k_http_server,
             .what = "answers HTTP requests by calling components",
             .aliases = k_http_aliases,
             .serves = {},
             .calls = k_http_calls,
             .keys = k_http_keys},
    .start = {}};

}  // namespace

const contracts::ProviderKind& http_server() { return k_http_server_kind; }

}  // namespace weft::manifest
