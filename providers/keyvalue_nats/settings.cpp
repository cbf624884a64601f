#include "providers/keyvalue_nats/settings.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

#include "net/nats/written_settings.h"

namespace weft::providers::keyvalue_nats {
namespace {

using contracts::ConfigKey;
using enum contracts::KeyPlace;
using enum contracts::KeySupport;

constexpr std::size_t k_bucket_name_bytes = 128;

constexpr std::array k_keys = {
    ConfigKey{"bucket", link_target, taken, "bucket of NATS that holds everything", "", ""},
    ConfigKey{"cluster_uri", link_target, taken,
              "nats://USER:PASSWORD@HOST:PORT or tls://HOST:PORT, several with commas between",
              "nats://127.0.0.1:4222", ""},
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

}  // namespace

Result<Checked> read_settings(const contracts::Settings& settings) {
  Checked made;
  TRY(made.client, net::nats::read_client(settings, "cluster_uri"));
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
