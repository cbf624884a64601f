// Where a Vault server is, as people write it.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace weft::net::vault {

enum class Scheme { http, https };

struct Address {
  Scheme scheme = Scheme::http;
  std::string host;  // as in an authority: IPv6 in brackets
  std::uint16_t port = 8200;

  // http[s]://HOST[:PORT][/]; the port is 8200 unless given, as for Vault's own client. invalid:
  // says what is wrong and shows nothing of the text, in which somebody may have put a password.
  static Result<Address> parse(std::string_view url);
  std::string text() const;
  std::string authority() const;
};

// One segment of a path or a value of a query, as it stands in a target: %XX for what is not plain.
// '/' is left as it is.
std::string percent_encoded(std::string_view path);

}  // namespace weft::net::vault
