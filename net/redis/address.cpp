#include "net/redis/address.h"

#include <fmt/format.h>

#include <charconv>
#include <optional>
#include <utility>

namespace weft::net::redis {
namespace {

constexpr std::uint16_t k_redis_port = 6379;
constexpr std::uint16_t k_sentinel_port = 26379;

// Says nothing of what the url holds: any part of it may be one of a password that was written with
// a '/', '?' or '@' of its own.
std::unexpected<Error> bad(std::string_view why) {
  return fail(
      Errc::invalid,
      fmt::format("{}: write redis://HOST:PORT/DATABASE, redis://USER:PASSWORD@HOST:PORT, "
                  "rediss://HOST:PORT (TLS), unix:///PATH, sentinel://HOST:PORT,HOST:PORT/NAME or "
                  "cluster://HOST:PORT,HOST:PORT",
                  why));
}

constexpr std::string_view k_who =
    "what stands before '@' must be USER:PASSWORD or :PASSWORD, special characters as %XX ('/' is "
    "%2F, '?' is %3F)";

template <class N>
std::optional<N> number(std::string_view text) {
  N value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::optional<std::string> decoded(std::string_view text) {
  std::string made;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      made.push_back(text[i]);
      continue;
    }
    const auto digits = text.substr(i + 1, 2);
    unsigned value = 0;
    const auto [end, error] =
        std::from_chars(digits.data(), digits.data() + digits.size(), value, 16);
    if (digits.size() != 2 || error != std::errc() || end != digits.data() + 2) return std::nullopt;
    made.push_back(static_cast<char>(value));
    i += 2;
  }
  return made;
}

// Takes everything up to the last '@' before the path: passwords hold more than they should.
Result<> take_user(std::string_view& rest, Address& made) {
  const auto slash = rest.find('/');
  const auto at = rest.substr(0, slash).rfind('@');
  if (at == std::string_view::npos) return {};
  const auto who = rest.substr(0, at);
  rest.remove_prefix(at + 1);
  const auto colon = who.find(':');
  const auto password = colon == std::string_view::npos ? std::optional<std::string>()
                                                        : decoded(who.substr(colon + 1));
  const auto user = decoded(who.substr(0, colon));
  if (!user || !password) {
    return bad(k_who);
  }
  made.user = *user;
  made.password = *password;
  return {};
}

Result<> take_database(std::string_view text, Address& made) {
  if (text.empty()) return {};
  const auto value = number<std::uint32_t>(text);
  if (!value) return bad("the database is not a number");
  made.database = *value;
  return {};
}

// HOST, HOST:PORT or [IPV6]:PORT.
Result<HostPort> place_named(std::string_view host, std::uint16_t port) {
  HostPort place{.host = {}, .port = port};
  const auto bracket = host.starts_with('[') ? host.find(']') : std::string_view::npos;
  const auto colon = host.find(':', bracket == std::string_view::npos ? 0 : bracket);
  if (colon != std::string_view::npos) {
    const auto given = number<std::uint16_t>(host.substr(colon + 1));
    if (!given || *given == 0) return bad("the port is no number from 1 to 65535");
    place.port = *given;
    host = host.substr(0, colon);
  }
  if (bracket != std::string_view::npos && host.ends_with(']'))
    host = host.substr(1, host.size() - 2);
  place.host = host.empty() ? "127.0.0.1" : host;
  return place;
}

Result<> take_host(std::string_view rest, Address& made) {
  if (rest.contains('@')) return bad(k_who);
  if (rest.contains('?')) return bad("what begins with '?' is not understood");
  const auto slash = rest.find('/');
  if (slash != std::string_view::npos) TRY_OK(take_database(rest.substr(slash + 1), made));
  TRY(made.place, place_named(rest.substr(0, slash), k_redis_port));
  return {};
}

// Takes ?db=DATABASE from the end.
Result<> take_query(std::string_view& rest, Address& made) {
  const auto question = rest.find('?');
  if (question == std::string_view::npos) return {};
  const auto query = rest.substr(question + 1);
  rest = rest.substr(0, question);
  if (!query.starts_with("db=")) return bad("after '?' only db=DATABASE is understood");
  return take_database(query.substr(3), made);
}

// HOST[:PORT],…
Result<std::vector<HostPort>> places_named(std::string_view hosts, std::uint16_t port) {
  std::vector<HostPort> places;
  for (;;) {
    const auto comma = hosts.find(',');
    TRY(auto place, place_named(hosts.substr(0, comma), port));
    places.push_back(std::move(place));
    if (comma == std::string_view::npos) return places;
    hosts.remove_prefix(comma + 1);
  }
}

Result<> take_sentinels(std::string_view rest, Address& made) {
  if (rest.contains('@')) return bad(k_who);
  TRY_OK(take_query(rest, made));
  const auto slash = rest.find('/');
  auto name = slash == std::string_view::npos ? std::nullopt : decoded(rest.substr(slash + 1));
  if (!name || name->empty())
    return bad("sentinels need the name of the server they watch: sentinel://HOST:PORT/NAME");
  TRY(auto places, places_named(rest.substr(0, slash), k_sentinel_port));
  made.place = Sentinels{.places = std::move(places), .name = *std::move(name)};
  return {};
}

Result<> take_cluster(std::string_view rest, Address& made) {
  if (rest.contains('@')) return bad(k_who);
  if (rest.ends_with('/')) rest.remove_suffix(1);
  if (rest.contains('/') || rest.contains('?')) return bad("a cluster has no databases");
  TRY(auto places, places_named(rest, k_redis_port));
  made.place = ClusterNodes{std::move(places)};
  return {};
}

Result<> take_file(std::string_view rest, Address& made) {
  TRY_OK(take_query(rest, made));
  auto path = decoded(rest);
  if (!path || !path->starts_with('/')) return bad("a socket file needs its whole path");
  if (path->size() > 107)
    return bad(fmt::format("the path has {} bytes, a socket file takes 107", path->size()));
  made.place = SocketFile{*std::move(path)};
  return {};
}

std::string joined(const std::vector<HostPort>& places) {
  std::string made;
  for (const auto& one : places) made += (made.empty() ? "" : ",") + place_text(one);
  return made;
}

}  // namespace

Result<Address> Address::parse(std::string_view url) {
  const auto end = url.find("://");
  if (end == std::string_view::npos) return bad("this is no url of Redis");
  const auto scheme = url.substr(0, end);
  auto rest = url.substr(end + 3);
  Address made;
  TRY_OK(take_user(rest, made));
  if (scheme == "redis" || scheme == "rediss") {
    made.tls = scheme == "rediss" ? Tls::yes : Tls::no;
    TRY_OK(take_host(rest, made));
  } else if (scheme == "unix" || scheme == "redis+unix") {
    TRY_OK(take_file(rest, made));
  } else if (scheme == "sentinel") {
    TRY_OK(take_sentinels(rest, made));
  } else if (scheme == "cluster") {
    TRY_OK(take_cluster(rest, made));
  } else {
    return bad("this is no url of Redis");
  }
  return made;
}

std::string place_text(const HostPort& place) {
  const bool v6 = place.host.contains(':');
  return fmt::format("{}{}{}:{}", v6 ? "[" : "", place.host, v6 ? "]" : "", place.port);
}

std::string Address::text() const {
  const auto query = database == 0 ? std::string() : fmt::format("?db={}", database);
  if (const auto* file = std::get_if<SocketFile>(&place))
    return fmt::format("unix://{}{}", file->path, query);
  if (const auto* sentinels = std::get_if<Sentinels>(&place))
    return fmt::format("sentinel://{}/{}{}", joined(sentinels->places), sentinels->name, query);
  if (const auto* nodes = std::get_if<ClusterNodes>(&place))
    return fmt::format("cluster://{}", joined(nodes->places));
  return fmt::format("{}://{}/{}", tls == Tls::yes ? "rediss" : "redis",
                     place_text(std::get<HostPort>(place)), database);
}

}  // namespace weft::net::redis
