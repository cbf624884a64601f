// Who listens at a port of this machine, by the kernel's own tables.
#pragma once
#include <boost/asio/ip/tcp.hpp>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace weft::net {

struct ListeningSocket {
  std::uint64_t inode = 0;
  boost::asio::ip::tcp::endpoint endpoint;
};

// Of all processes in this network namespace. unavailable: the tables cannot be read.
Result<std::vector<ListeningSocket>> listening_sockets(std::uint16_t port);

// One line of /proc/net/tcp or tcp6; nothing when it is not of a socket that listens.
std::optional<ListeningSocket> parse_listening(std::string_view line);

// Whether a connection could belong to either. [::] takes IPv4 as well, as Weft's own sockets do;
// one of another process that is bound to IPv6 alone is not told apart.
bool overlap(const boost::asio::ip::tcp::endpoint& a, const boost::asio::ip::tcp::endpoint& b);

}  // namespace weft::net
