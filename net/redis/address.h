// Where a Redis server is and who one is there, as people write it in one line.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

#include "base/result.h"

namespace weft::net::redis {

enum class Tls { no, yes };

struct HostPort {
  std::string host;  // a name or an address, IPv6 without brackets
  std::uint16_t port = 6379;
};
struct SocketFile {
  std::string path;
};

struct Address {
  std::variant<HostPort, SocketFile> place;
  Tls tls = Tls::no;
  std::string user;  // "" with a password: the user `default`
  std::string password;
  std::uint32_t database = 0;

  // redis://[[USER]:PASSWORD@]HOST[:PORT][/DATABASE], rediss:// for TLS, and for a socket file
  // unix://[[USER]:PASSWORD@]/PATH[?db=DATABASE] (also redis+unix://). User, password and path may
  // hold %XX. invalid: says what is wrong and shows nothing of the url, which may hold a password.
  static Result<Address> parse(std::string_view url);
  // The same without user and password: for errors, logs and names.
  std::string text() const;
};

}  // namespace weft::net::redis
