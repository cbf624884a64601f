#include "providers/keyvalue_redis/settings.h"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <string_view>
#include <utility>

namespace weft::providers::keyvalue_redis {
namespace {

using contracts::ConfigKey;
using enum contracts::KeyPlace;
using enum contracts::KeySupport;

constexpr std::string_view k_default_url = "redis://127.0.0.1:6379/0";
constexpr std::string_view k_retries =
    "Weft tries again for as long as somebody waits, and each call ends by its deadline.";
constexpr std::string_view k_shared =
    "Links with the same settings share one connection per thread anyway.";
constexpr std::string_view k_no_watch = "Weft tells no component of changes yet: remove the line.";
constexpr std::string_view k_own_url = "Give each link its own `url`, and remove the line.";

constexpr std::array k_keys = {
    ConfigKey{"url", link_target, taken,
              "redis://USER:PASSWORD@HOST:PORT/DATABASE, rediss:// for TLS, unix:///PATH, "
              "sentinel://HOST:PORT,HOST:PORT/NAME, cluster://HOST:PORT,HOST:PORT",
              k_default_url, ""},
    ConfigKey{"ca", link_target, taken, "PEM file of the authorities that TLS trusts",
              "the system's", ""},
    ConfigKey{"backend_connection_timeout_ms", link_target, taken, "time to connect", "3000", ""},
    ConfigKey{"backend_response_timeout_ms", link_target, taken,
              "time for an answer to a call that has no deadline", "5000", ""},
    ConfigKey{"backend_reconnect_max_delay_ms", link_target, taken,
              "longest pause between two attempts to connect", "300", ""},
    ConfigKey{"backend_reconnect_num_retries", link_target, ignored, "attempts to connect", "",
              k_retries},
    ConfigKey{"share_connections_by_url", link_target, ignored, "one connection for equal urls", "",
              k_shared},
    ConfigKey{"disable_default_connection", link_target, refused,
              "no link without a url of its own", "", k_own_url},
    ConfigKey{"watch", link_source, refused, "keys whose changes a component is told of", "",
              k_no_watch}};

std::string_view find(const contracts::Settings& settings, const std::string& key) {
  const auto found = settings.find(key);
  return found == settings.end() ? std::string_view() : std::string_view(found->second);
}

Result<std::chrono::milliseconds> milliseconds(const contracts::Settings& settings,
                                               const std::string& key,
                                               std::chrono::milliseconds without) {
  const auto text = find(settings, key);
  if (text.empty()) return without;
  std::uint32_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || value == 0) {
    return fail(Errc::invalid, fmt::format("`{}: {}` is no number of milliseconds, such as {}", key,
                                           text, without.count()));
  }
  return std::chrono::milliseconds(value);
}

}  // namespace

Result<Checked> read_settings(const contracts::Settings& settings) {
  Checked made;
  auto& client = made.client;
  const auto url = find(settings, "url");
  auto address = net::redis::Address::parse(url.empty() ? k_default_url : url);
  if (!address) return std::unexpected(std::move(address).error().context("`url`"));
  client.address = *std::move(address);
  TRY(client.connect_limit,
      milliseconds(settings, "backend_connection_timeout_ms", client.connect_limit));
  TRY(client.answer_limit,
      milliseconds(settings, "backend_response_timeout_ms", client.answer_limit));
  TRY(client.retry_most,
      milliseconds(settings, "backend_reconnect_max_delay_ms", client.retry_most));
  const std::string authorities(find(settings, "ca"));
  if (client.address.tls == net::redis::Tls::yes) {
    auto tls = net::TlsClient::make({.ca_file = authorities, .alpn = net::Alpn::none});
    if (!tls) return std::unexpected(std::move(tls).error().context("`ca`"));
    made.tls = *std::move(tls);
  } else if (!authorities.empty()) {
    return fail(Errc::invalid, "`ca` is for TLS: write `url: rediss://…`, or remove the line");
  }
  return made;
}

std::span<const ConfigKey> config_keys() { return k_keys; }

}  // namespace weft::providers::keyvalue_redis
