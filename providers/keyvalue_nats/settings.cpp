#include "providers/keyvalue_nats/settings.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

namespace weft::providers::keyvalue_nats {
namespace {

using contracts::ConfigKey;
using enum contracts::KeyPlace;
using enum contracts::KeySupport;

constexpr std::string_view k_default_uri = "nats://127.0.0.1:4222";
constexpr std::size_t k_bucket_name_bytes = 128;

constexpr std::array k_keys = {
    ConfigKey{"bucket", link_target, taken, "bucket of NATS that holds everything", "", ""},
    ConfigKey{"cluster_uri", link_target, taken,
              "nats://USER:PASSWORD@HOST:PORT or tls://HOST:PORT, several with commas between",
              k_default_uri, ""},
    ConfigKey{"enable_bucket_auto_create", link_target, taken,
              "whether a bucket that is not there is made", "false", ""},
    ConfigKey{"js_domain", link_target, taken, "domain of JetStream", "the server's own", ""},
    ConfigKey{"client_jwt", link_target, taken, "JWT of the user; needs client_seed", "", ""},
    ConfigKey{"client_seed", link_target, taken, "seed of the user's key", "", ""},
    ConfigKey{"client_creds_file", link_target, taken, "file with both, as nsc writes it", "", ""},
    ConfigKey{"tls_ca", link_target, taken, "authorities that TLS trusts, as PEM text",
              "the system's", ""},
    ConfigKey{"tls_ca_file", link_target, taken, "the same as a file", "", ""}};

std::string find(const contracts::Settings& settings, const std::string& key) {
  const auto found = settings.find(key);
  return found == settings.end() ? std::string() : found->second;
}

// Letters, digits, - and _: of a bucket and of a domain.
bool is_name(std::string_view text) {
  return text.size() <= k_bucket_name_bytes && std::ranges::all_of(text, [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                  c == '-' || c == '_';
         });
}

Result<> read_credentials_of(const contracts::Settings& settings, net::nats::Credentials& made) {
  const auto jwt = find(settings, "client_jwt"), seed = find(settings, "client_seed");
  const auto file = find(settings, "client_creds_file");
  if (!file.empty()) {
    if (!jwt.empty() || !seed.empty())
      return fail(Errc::invalid, "`client_creds_file` stands for `client_jwt` and `client_seed`");
    auto read = net::nats::read_credentials(file);
    if (!read) return std::unexpected(std::move(read).error().context("`client_creds_file`"));
    made.jwt = read->jwt;
    made.key = read->key;
    return {};
  }
  if (!jwt.empty() && seed.empty())
    return fail(Errc::invalid, "`client_jwt` needs `client_seed`, the key that signs for it");
  if (seed.empty()) return {};
  auto key = net::nats::UserKey::from_seed(seed);
  if (!key) return std::unexpected(std::move(key).error().context("`client_seed`"));
  made.jwt = jwt;
  made.key = *std::move(key);
  return {};
}

Result<> read_tls(const contracts::Settings& settings, net::nats::ClientSettings& made) {
  const auto text = find(settings, "tls_ca"), file = find(settings, "tls_ca_file");
  if (text.empty() && file.empty()) return {};
  auto tls = net::TlsClient::make({.ca_file = file, .ca_pem = text, .alpn = net::Alpn::none});
  if (!tls) {
    return fail(Errc::invalid, fmt::format("`{}`: {}", text.empty() ? "tls_ca_file" : "tls_ca",
                                           tls.error().message));
  }
  made.tls = *std::move(tls);
  // As 1.x has it: who names authorities wants TLS.
  for (auto& server : made.servers) server.tls = net::nats::Tls::yes;
  return {};
}

}  // namespace

Result<Checked> read_settings(const contracts::Settings& settings) {
  Checked made;
  const auto uri = find(settings, "cluster_uri");
  auto address = net::nats::Address::parse(uri.empty() ? k_default_uri : uri);
  if (!address) return std::unexpected(std::move(address).error().context("`cluster_uri`"));
  made.client.servers = std::move(address->servers);
  made.client.credentials.user = std::move(address->user);
  made.client.credentials.password = std::move(address->password);
  made.client.credentials.token = std::move(address->token);
  TRY_OK(read_credentials_of(settings, made.client.credentials));
  TRY_OK(read_tls(settings, made.client));
  made.bucket = find(settings, "bucket");
  made.domain = find(settings, "js_domain");
  if (!is_name(made.bucket)) {
    return fail(Errc::invalid,
                fmt::format("`bucket: {}` is no name of a bucket: at most {} letters, digits, - "
                            "and _",
                            made.bucket, k_bucket_name_bytes));
  }
  if (!is_name(made.domain))
    return fail(Errc::invalid, fmt::format("`js_domain: {}` is no domain", made.domain));
  const auto create = find(settings, "enable_bucket_auto_create");
  if (create == "true" || create == "True" || create == "TRUE") {
    made.create = CreateBucket::yes;
  } else if (!create.empty() && create != "false" && create != "False" && create != "FALSE") {
    return fail(Errc::invalid,
                fmt::format("`enable_bucket_auto_create: {}` is neither true nor false", create));
  }
  return made;
}

std::span<const ConfigKey> config_keys() { return k_keys; }

}  // namespace weft::providers::keyvalue_nats
