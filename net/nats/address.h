// Where NATS servers are, as people write them.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace weft::net::nats {

enum class Tls { no, yes };

struct Server {
  std::string host;  // a name or an address, IPv6 without brackets
  std::uint16_t port = 4222;
  Tls tls = Tls::no;  // no: unless the server asks for it
  // Whom its certificate must be for; empty: the host.
  std::string certified = {};

  // "nats://HOST:PORT", never with a password.
  std::string text() const;
  friend bool operator==(const Server& a, const Server& b) {
    return a.host == b.host && a.port == b.port;
  }
};

struct Address {
  std::vector<Server> servers;  // at least one
  std::string user;
  std::string password;
  std::string token;  // a user without a password is a token

  // nats://[USER:PASSWORD@]HOST[:PORT] or tls://…, several with commas between; the scheme may be
  // left out. User and password may hold %XX, and are those of the first url that has any. invalid:
  // says what is wrong, never the password.
  static Result<Address> parse(std::string_view urls);
  // All servers, for errors and logs.
  std::string text() const;
};

// "HOST:PORT" as servers tell each other. invalid: it is not.
Result<Server> parse_server(std::string_view host_port);

}  // namespace weft::net::nats
