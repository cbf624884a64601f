#include "providers/keyvalue_vault/settings.h"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <fstream>
#include <iterator>
#include <string_view>

namespace weft::providers::keyvalue_vault {
namespace {

using contracts::ConfigKey;
using contracts::Settings;
using enum contracts::KeyPlace;
using enum contracts::KeySupport;
using net::vault::Word;

constexpr std::string_view k_per_bucket = "secret-per-bucket", k_per_key = "secret-per-key";
constexpr std::string_view k_renewal =
    "Weft renews a token when two thirds of its time are over, for as long as Vault grants.";

constexpr std::array k_keys = {
    ConfigKey{"addr", link_target, taken, "http://HOST:PORT, or https:// for TLS",
              "http://127.0.0.1:8200", ""},
    ConfigKey{"token", link_target, taken, "who Weft is for Vault", "", ""},
    ConfigKey{"token_file", link_target, taken, "a file with it, read when it is needed", "", ""},
    ConfigKey{"role_id", link_target, taken, "of an AppRole, instead of a token", "", ""},
    ConfigKey{"role_id_file", link_target, taken, "a file with it", "", ""},
    ConfigKey{"secret_id", link_target, taken, "of the same AppRole", "", ""},
    ConfigKey{"secret_id_file", link_target, taken, "a file with it", "", ""},
    ConfigKey{"auth_mount", link_target, taken, "where AppRole is mounted", "approle", ""},
    ConfigKey{"namespace", link_target, taken, "of Vault, with all its parts", "", ""},
    ConfigKey{"mount", link_target, taken, "where the KV engine, version 2, is mounted", "secret",
              ""},
    ConfigKey{"layout", link_target, taken,
              "`secret-per-bucket` (a field for each key, as 1.x) or `secret-per-key`",
              "secret-per-bucket", ""},
    ConfigKey{"certs", link_target, taken,
              "PEM files of the authorities that TLS trusts, by commas", "the system's", ""},
    ConfigKey{"connect_timeout_ms", link_target, taken, "time to connect", "3000", ""},
    ConfigKey{"answer_timeout_ms", link_target, taken,
              "time for an answer to a call that has no deadline", "5000", ""},
    ConfigKey{"token_increment_ttl", link_target, ignored, "how long a renewed token holds", "",
              k_renewal},
    ConfigKey{"token_refresh_interval", link_target, ignored, "seconds between renewals", "",
              k_renewal}};

std::string find(const Settings& settings, const std::string& key) {
  const auto found = settings.find(key);
  return found == settings.end() ? std::string() : found->second;
}

Result<> milliseconds(const Settings& settings, const std::string& key,
                      std::chrono::milliseconds& into) {
  const auto text = find(settings, key);
  if (text.empty()) return {};
  std::uint32_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || value == 0) {
    return fail(Errc::invalid, fmt::format("`{}: {}` is no number of milliseconds, such as {}", key,
                                           text, into.count()));
  }
  into = std::chrono::milliseconds(value);
  return {};
}

Word word(const Settings& settings, const std::string& key) {
  return {.text = find(settings, key), .file = find(settings, key + "_file")};
}

Result<> read_login(const Settings& settings, net::vault::Login& login) {
  login.token = word(settings, "token");
  login.role_id = word(settings, "role_id");
  login.secret_id = word(settings, "secret_id");
  login.name_space = find(settings, "namespace");
  if (auto mount = find(settings, "auth_mount"); !mount.empty()) login.auth_mount = mount;
  const bool has_role = login.role_id.given() || login.secret_id.given();
  if (login.token.given() && has_role)
    return fail(Errc::invalid, "`token` and `role_id` are two ways to log in: leave one out");
  if (login.token.given() || (login.role_id.given() && login.secret_id.given())) return {};
  if (has_role) return fail(Errc::invalid, "`role_id` and `secret_id` belong together: give both");
  return fail(Errc::invalid,
              "Vault wants to know who asks: give `token` or `token_file`, or `role_id` and "
              "`secret_id` of an AppRole");
}

std::string trimmed(std::string_view text, char at_the_ends) {
  while (text.starts_with(at_the_ends)) text.remove_prefix(1);
  while (text.ends_with(at_the_ends)) text.remove_suffix(1);
  return std::string(text);
}

// Several files are one text.
Result<std::string> certificates(std::string_view files) {
  std::string pem;
  for (std::size_t at = 0; at <= files.size();) {
    const auto end = std::min(files.find(',', at), files.size());
    const auto file = trimmed(files.substr(at, end - at), ' ');
    at = end + 1;
    std::ifstream stream(file);
    if (!stream) return fail(Errc::invalid, fmt::format("`certs`: {} cannot be read", file));
    pem.append(std::istreambuf_iterator<char>(stream), {});
    pem.push_back('\n');
  }
  return pem;
}

Result<> read_tls(const Settings& settings, Checked& made) {
  const auto files = find(settings, "certs");
  if (made.client.transport.address.scheme == net::vault::Scheme::http) {
    if (files.empty()) return {};
    return fail(Errc::invalid, "`certs` is for TLS: write `addr: https://…`, or remove the line");
  }
  net::TlsSettings tls;
  if (!files.empty()) {
    TRY(tls.ca_pem, certificates(files));
  }
  auto client = net::TlsClient::make(tls);
  if (!client) return std::unexpected(std::move(client).error().context("`certs`"));
  made.tls = *std::move(client);
  return {};
}

Result<Layout> read_layout(const std::string& text) {
  if (text.empty() || text == k_per_bucket) return Layout::secret_per_bucket;
  if (text == k_per_key) return Layout::secret_per_key;
  return fail(Errc::invalid,
              fmt::format("`layout: {}` is neither `{}` nor `{}`", text, k_per_bucket, k_per_key));
}

}  // namespace

Result<Checked> read_settings(const Settings& settings) {
  Checked made;
  auto& client = made.client;
  const auto addr = find(settings, "addr");
  auto address = net::vault::Address::parse(addr.empty() ? "http://127.0.0.1:8200" : addr);
  if (!address) return std::unexpected(std::move(address).error().context("`addr`"));
  client.transport.address = *std::move(address);
  TRY_OK(read_login(settings, client.login));
  TRY_OK(milliseconds(settings, "connect_timeout_ms", client.transport.connect_limit));
  TRY_OK(milliseconds(settings, "answer_timeout_ms", client.answer_limit));
  TRY(made.layout, read_layout(find(settings, "layout")));
  made.mount = trimmed(find(settings, "mount"), '/');
  if (made.mount.empty()) made.mount = "secret";
  TRY_OK(read_tls(settings, made));
  return made;
}

Result<> check_shared(Settings settings) {
  bool logs_in = false;
  for (const auto* key :
       {"token", "token_file", "role_id", "role_id_file", "secret_id", "secret_id_file"})
    logs_in = logs_in || !find(settings, key).empty();
  if (!logs_in) settings["token"] = "of the link";
  auto checked = read_settings(settings);
  if (!checked) return std::unexpected(std::move(checked).error());
  return {};
}

std::span<const ConfigKey> config_keys() { return k_keys; }

}  // namespace weft::providers::keyvalue_vault
