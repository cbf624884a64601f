// Who one is to a NATS server: a password, a token, or a key that signs what the server asks for.
#pragma once
#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace weft::net::nats {

// The secret half of a user's key; forgotten with this object.
class UserKey final {
 public:
  // "SU…", as `nsc` and `nk` write seeds. invalid: it is none; the message does not show it.
  static Result<UserKey> from_seed(std::string_view seed);
  UserKey(const UserKey&) = default;
  UserKey& operator=(const UserKey&) = default;
  ~UserKey();

  // "U…"
  std::string public_text() const;
  // In base64 for urls, without padding.
  std::string sign(std::string_view nonce) const;

 private:
  UserKey() = default;
  std::array<std::uint8_t, 32> public_{};
  std::array<std::uint8_t, 64> secret_{};
};

struct Credentials {
  std::string user;
  std::string password;
  std::string token;
  std::string jwt;             // needs the key
  std::optional<UserKey> key;  // alone: the server knows its public half
};

// A file as `nsc` writes it: a JWT and a seed between dashed lines. invalid: one of them is missing
// or wrong. not_found: there is no such file.
Result<Credentials> read_credentials(const std::string& file);

}  // namespace weft::net::nats
