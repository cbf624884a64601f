#include "net/vault/address.h"

#include <fmt/format.h>

#include <charconv>

namespace weft::net::vault {
namespace {

constexpr std::string_view k_example = "http://127.0.0.1:8200";

bool is_plain(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
         c == '.' || c == '_' || c == '~';
}

bool is_host(std::string_view host) {
  if (host.starts_with('[')) return host.size() > 2 && host.ends_with(']');
  for (const char c : host) {
    if (!is_plain(c)) return false;
  }
  return !host.empty();
}

}  // namespace

Result<Address> Address::parse(std::string_view url) {
  Address made;
  if (url.starts_with("https://")) {
    made.scheme = Scheme::https;
    url.remove_prefix(8);
  } else if (url.starts_with("http://")) {
    url.remove_prefix(7);
  } else {
    return fail(Errc::invalid,
                fmt::format("this is no address of a Vault server, such as {}", k_example));
  }
  if (url.ends_with('/')) url.remove_suffix(1);
  if (url.find('@') != std::string_view::npos)
    return fail(Errc::invalid, "it takes no user or password: Vault wants a token, in `token`");
  const auto colon = url.rfind(':');
  const bool has_port =
      colon != std::string_view::npos && url.find(']', colon) == std::string_view::npos;
  made.host = url.substr(0, has_port ? colon : url.size());
  if (has_port) {
    const auto text = url.substr(colon + 1);
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), made.port);
    if (error != std::errc() || end != text.data() + text.size() || made.port == 0)
      return fail(Errc::invalid, "its port is no number from 1 to 65535");
  }
  if (!is_host(made.host))
    return fail(Errc::invalid,
                fmt::format("its host is none; it has no path either: {}", k_example));
  return made;
}

std::string Address::text() const {
  return fmt::format("{}://{}", scheme == Scheme::https ? "https" : "http", authority());
}

std::string Address::authority() const { return fmt::format("{}:{}", host, port); }

std::string percent_encoded(std::string_view path) {
  std::string made;
  for (const char c : path) {
    if (is_plain(c) || c == '/') {
      made.push_back(c);
    } else {
      fmt::format_to(std::back_inserter(made), "%{:02X}", static_cast<unsigned char>(c));
    }
  }
  return made;
}

}  // namespace weft::net::vault
