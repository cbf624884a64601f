// Where a Redis server is and who one is there, as people write it in one line.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

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

// Servers that watch a primary server and its replicas, and know which is the primary now.
struct Sentinels {
  std::vector<HostPort> places;
  std::string name;  // of the primary, as they call it
};

// Some nodes of a Redis Cluster, to begin with.
struct ClusterNodes {
  std::vector<HostPort> places;
};

struct Address {
  std::variant<HostPort, SocketFile, Sentinels, ClusterNodes> place;
  Tls tls = Tls::no;
  std::string user;  // "" with a password: the user `default`
  std::string password;
  std::uint32_t database = 0;

  // redis://[[USER]:PASSWORD@]HOST[:PORT][/DATABASE], rediss:// for TLS, and for a socket file
  // unix://[[USER]:PASSWORD@]/PATH[?db=DATABASE] (also redis+unix://). Sentinels:
  // sentinel://[[USER]:PASSWORD@]HOST[:PORT],…/NAME[?db=DATABASE], port 26379 unless there is one;
  // user and password are those of the server that they name. A cluster:
  // cluster://[[USER]:PASSWORD@]HOST[:PORT],… User, password, path and name may
  // hold %XX. invalid: says what is wrong and shows nothing of the url, which may hold a password.
  static Result<Address> parse(std::string_view url);
  // The same without user and password: for errors, logs and names.
  std::string text() const;
};

// "HOST:PORT", an IPv6 address in brackets.
std::string place_text(const HostPort& place);

}  // namespace weft::net::redis
