#include "net/nats/address.h"

#include <fmt/format.h>

#include <charconv>
#include <optional>
#include <utility>

namespace weft::net::nats {
namespace {

std::unexpected<Error> bad_url(std::string_view why) {
  return fail(Errc::invalid,
              fmt::format("{}: write nats://HOST:PORT, nats://USER:PASSWORD@HOST:PORT or "
                          "tls://HOST:PORT, several with commas between",
                          why));
}

std::optional<std::string> unescaped(std::string_view text) {
  std::string made;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      made.push_back(text[i]);
      continue;
    }
    const auto digits = text.substr(i + 1, 2);
    unsigned value = 0;
    const auto* last = digits.data() + digits.size();
    const auto [end, error] = std::from_chars(digits.data(), last, value, 16);
    if (digits.size() != 2 || error != std::errc() || end != last) return std::nullopt;
    made.push_back(static_cast<char>(value));
    i += 2;
  }
  return made;
}

// Takes everything up to the last '@': passwords hold more than they should.
Result<> take_who(std::string_view& rest, Address& made) {
  const auto at = rest.rfind('@');
  if (at == std::string_view::npos) return {};
  const auto who = rest.substr(0, at);
  rest.remove_prefix(at + 1);
  const auto colon = who.find(':');
  const auto user = unescaped(who.substr(0, colon));
  const auto password = colon == std::string_view::npos ? std::optional<std::string>("")
                                                        : unescaped(who.substr(colon + 1));
  if (!user || !password)
    return bad_url("what stands before '@' must be USER:PASSWORD, special characters as %XX");
  if (!made.user.empty() || !made.token.empty()) return {};
  if (colon == std::string_view::npos) {
    made.token = *user;
  } else {
    made.user = *user;
    made.password = *password;
  }
  return {};
}

Result<> take_url(std::string_view url, Address& made) {
  auto tls = Tls::no;
  if (const auto scheme = url.find("://"); scheme != std::string_view::npos) {
    const auto word = url.substr(0, scheme);
    if (word != "nats" && word != "tls")
      return bad_url(fmt::format("'{}' is not a scheme of NATS", word));
    if (word == "tls") tls = Tls::yes;
    url.remove_prefix(scheme + 3);
  }
  TRY_OK(take_who(url, made));
  while (url.ends_with('/')) url.remove_suffix(1);
  TRY(auto server, parse_server(url));
  server.tls = tls;
  made.servers.push_back(std::move(server));
  return {};
}

}  // namespace

Result<Server> parse_server(std::string_view text) {
  Server made;
  if (text.starts_with('[')) {
    const auto end = text.find(']');
    if (end == std::string_view::npos) return bad_url("an address of IPv6 ends with ']'");
    made.host = text.substr(1, end - 1);
    text.remove_prefix(end + 1);
  } else {
    made.host = text.substr(0, text.find(':'));
    text.remove_prefix(made.host.size());
  }
  if (made.host.empty() || made.host.find_first_of("/?#@ \t\r\n") != std::string::npos)
    return bad_url("the host is missing or is none");
  if (text.empty()) return made;
  const auto digits = text.substr(1);
  const auto [end, error] =
      std::from_chars(digits.data(), digits.data() + digits.size(), made.port);
  if (text.front() != ':' || error != std::errc() || end != digits.data() + digits.size() ||
      made.port == 0)
    return bad_url(fmt::format("the port '{}' is not one", digits));
  return made;
}

std::string Server::text() const {
  return fmt::format("{}://{}:{}", tls == Tls::yes ? "tls" : "nats",
                     host.contains(':') ? "[" + host + "]" : host, port);
}

Result<Address> Address::parse(std::string_view urls) {
  Address made;
  while (!urls.empty()) {
    const auto comma = urls.find(',');
    auto one = urls.substr(0, comma);
    urls.remove_prefix(comma == std::string_view::npos ? urls.size() : comma + 1);
    while (one.starts_with(' ')) one.remove_prefix(1);
    while (one.ends_with(' ')) one.remove_suffix(1);
    if (!one.empty()) TRY_OK(take_url(one, made));
  }
  if (made.servers.empty()) return bad_url("no server is named");
  return made;
}

std::string Address::text() const {
  std::string made;
  for (const auto& server : servers) {
    if (!made.empty()) made += ",";
    made += server.text();
  }
  return made;
}

}  // namespace weft::net::nats
