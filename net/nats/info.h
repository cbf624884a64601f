// What server and client tell each other about themselves, in JSON.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "net/nats/address.h"
#include "net/nats/credentials.h"

namespace weft::net::nats {

// A server's INFO, as far as a client needs it.
struct Info {
  std::string name;
  std::string version;
  std::string nonce;  // to be signed; empty: nothing is
  std::size_t max_payload = std::size_t{1} << 20;
  bool tls_required = false;
  bool tls_available = false;
  bool headers = false;
  bool lame_duck = false;       // it is about to stop, and asks its clients to go elsewhere
  std::vector<Server> cluster;  // where else the same cluster can be reached

  // invalid: it is no JSON object.
  static Result<Info> parse(std::string_view json);
};

// A whole CONNECT.
std::string connect_command(const Info& info, const Credentials& who, std::string_view name,
                            Tls tls);

}  // namespace weft::net::nats
