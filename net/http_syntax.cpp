#include "net/http_syntax.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

namespace weft::net {
namespace {

constexpr char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c; }
constexpr bool is_digit(char c) { return c >= '0' && c <= '9'; }
constexpr bool is_alnum(char c) { return is_digit(c) || (lower(c) >= 'a' && lower(c) <= 'z'); }

template <class Holds>
constexpr std::array<bool, 256> table(Holds holds) {
  std::array<bool, 256> made{};
  for (int i = 0; i < 256; ++i) made[static_cast<std::size_t>(i)] = holds(static_cast<char>(i));
  return made;
}

constexpr bool in(std::string_view set, char c) { return set.find(c) != set.npos; }

constexpr auto k_token = table([](char c) { return is_alnum(c) || in("!#$%&'*+-.^_`|~", c); });
constexpr auto k_value = table([](char c) {
  const auto byte = static_cast<unsigned char>(c);
  return c == '\t' || (byte >= 0x20 && byte != 0x7f);
});
constexpr auto k_host = table([](char c) { return is_alnum(c) || in("-._~%!$&'()*+,;=", c); });
// Everything printable but what ends or confuses a target: fragments, quotes, angle brackets,
// backslashes.
constexpr auto k_target =
    table([](char c) { return is_alnum(c) || in("-._~:/?[]@!$&'()*+,;=%|{}^`", c); });

bool all(std::string_view text, const std::array<bool, 256>& set) {
  return std::ranges::all_of(text, [&set](char c) { return set[static_cast<unsigned char>(c)]; });
}

std::string_view trim(std::string_view text) {
  while (!text.empty() && in(" \t", text.front())) text.remove_prefix(1);
  while (!text.empty() && in(" \t", text.back())) text.remove_suffix(1);
  return text;
}

bool is_port(std::string_view text) {
  return text.size() <= 5 && std::ranges::all_of(text, is_digit);
}

}  // namespace

bool same_word(std::string_view a, std::string_view b) {
  return std::ranges::equal(a, b, [](char x, char y) { return lower(x) == lower(y); });
}

bool lists_word(std::string_view list, std::string_view word) {
  while (!list.empty()) {
    const auto comma = std::min(list.find(','), list.size());
    auto item = list.substr(0, comma);
    item = trim(item.substr(0, item.find(';')));
    if (same_word(item, word)) return true;
    list.remove_prefix(std::min(comma + 1, list.size()));
  }
  return false;
}

std::optional<std::uint64_t> parse_decimal(std::string_view text) {
  if (text.empty() || text.size() > 18 || !std::ranges::all_of(text, is_digit)) return std::nullopt;
  std::uint64_t value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

bool is_token(std::string_view text) { return !text.empty() && all(text, k_token); }
bool is_field_value(std::string_view text) { return all(text, k_value); }

bool is_authority(std::string_view text) {
  const auto host = host_of(text);
  if (host.empty()) return false;
  auto rest = text.substr(host.size());
  if (!rest.empty() && (rest.front() != ':' || !is_port(rest.substr(1)))) return false;
  if (host.front() != '[') return all(host, k_host);
  const auto inner = host.substr(1, host.size() - 2);
  return host.size() > 3 && host.back() == ']' &&
         std::ranges::all_of(inner, [](char c) { return is_alnum(c) || in(":.", c); });
}

std::string_view host_of(std::string_view authority) {
  if (authority.starts_with('[')) {
    const auto end = authority.find(']');
    return end == authority.npos ? authority : authority.substr(0, end + 1);
  }
  return authority.substr(0, authority.find(':'));
}

std::optional<HttpRefusal> check_target(HttpHead& head) {
  auto& target = head.target;
  if (head.method == "CONNECT") return HttpRefusal{501, "this server is not a proxy"};
  if (!all(target, k_target)) {
    return HttpRefusal{400, "the request target contains a character that must be escaped"};
  }
  if (target.starts_with('/')) return std::nullopt;
  if (target == "*" && head.method == "OPTIONS") return std::nullopt;
  constexpr std::string_view scheme = "http://";
  if (target.size() < scheme.size() || !same_word(target.substr(0, scheme.size()), scheme)) {
    return HttpRefusal{400, "the request target is neither a path nor a http:// address"};
  }
  const auto rest = target.substr(scheme.size());
  const auto end = std::min(rest.find_first_of("/?"), rest.size());
  const auto authority = rest.substr(0, end);
  if (!is_authority(authority)) return HttpRefusal{400, "the request target has a malformed host"};
  if (end == rest.size()) {
    target = "/";
  } else if (rest[end] == '?') {
    return HttpRefusal{400, "the request target has no path"};
  } else {
    target = rest.substr(end);
  }
  head.authority = authority;
  for (auto& field : head.fields) {
    if (same_word(field.name, "host")) field.value = authority;
  }
  return std::nullopt;
}

bool is_hop_by_hop(std::string_view name) {
  switch (name.size()) {
    case 7:
      return same_word(name, "upgrade");
    case 10:
      return same_word(name, "connection") || same_word(name, "keep-alive");
    case 14:
      return same_word(name, "http2-settings");
    case 16:
      return same_word(name, "proxy-connection");
    case 17:
      return same_word(name, "transfer-encoding");
    default:
      return false;
  }
}

bool may_be_trailer(std::string_view name) {
  constexpr std::string_view never[] = {"te",
                                        "host",
                                        "trailer",
                                        "set-cookie",
                                        "content-type",
                                        "authorization",
                                        "content-range",
                                        "content-length",
                                        "content-encoding",
                                        "www-authenticate",
                                        "proxy-authenticate",
                                        "proxy-authorization"};
  return !is_hop_by_hop(name) && std::ranges::none_of(never, [name](std::string_view each) {
    return same_word(each, name);
  });
}

std::string_view reason(std::uint16_t status) {
  constexpr std::pair<std::uint16_t, std::string_view> known[] = {
      {200, "OK"},
      {201, "Created"},
      {202, "Accepted"},
      {203, "Non-Authoritative Information"},
      {204, "No Content"},
      {205, "Reset Content"},
      {206, "Partial Content"},
      {300, "Multiple Choices"},
      {301, "Moved Permanently"},
      {302, "Found"},
      {303, "See Other"},
      {304, "Not Modified"},
      {307, "Temporary Redirect"},
      {308, "Permanent Redirect"},
      {400, "Bad Request"},
      {401, "Unauthorized"},
      {402, "Payment Required"},
      {403, "Forbidden"},
      {404, "Not Found"},
      {405, "Method Not Allowed"},
      {406, "Not Acceptable"},
      {408, "Request Timeout"},
      {409, "Conflict"},
      {410, "Gone"},
      {411, "Length Required"},
      {412, "Precondition Failed"},
      {413, "Content Too Large"},
      {414, "URI Too Long"},
      {415, "Unsupported Media Type"},
      {416, "Range Not Satisfiable"},
      {417, "Expectation Failed"},
      {418, "I'm a teapot"},
      {421, "Misdirected Request"},
      {422, "Unprocessable Content"},
      {425, "Too Early"},
      {426, "Upgrade Required"},
      {428, "Precondition Required"},
      {429, "Too Many Requests"},
      {431, "Request Header Fields Too Large"},
      {500, "Internal Server Error"},
      {501, "Not Implemented"},
      {502, "Bad Gateway"},
      {503, "Service Unavailable"},
      {504, "Gateway Timeout"},
      {505, "HTTP Version Not Supported"}};
  const auto* found =
      std::ranges::lower_bound(known, status, {}, [](const auto& k) { return k.first; });
  return found != std::end(known) && found->first == status ? found->second : "Unknown";
}

}  // namespace weft::net
