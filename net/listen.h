// Listening sockets: an address that people write, and sockets that share it between the threads of
// one process.
#pragma once
#include <boost/asio/basic_socket_acceptor.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "base/result.h"

namespace weft::net {

using Acceptor = boost::asio::basic_socket_acceptor<boost::asio::ip::tcp,
                                                    boost::asio::io_context::executor_type>;

// "127.0.0.1:8000", "[::1]:8000", "localhost:8000", ":8000" (every address). Port 0 lets the system
// choose.
struct ListenAddress {
  boost::asio::ip::tcp::endpoint endpoint;

  // invalid: says what is wrong and what forms there are.
  static Result<ListenAddress> parse(std::string_view text);
  // As parse() reads it: "[::1]:8000".
  std::string text() const;
};

// A listening socket of this process, as the kernel names it in its tables.
struct OwnSocket {
  std::uint64_t inode = 0;
  boost::asio::ip::tcp::endpoint endpoint;
};
OwnSocket own_socket(Acceptor& acceptor);

// Whether nobody but `own` listens at `address`: to be asked before the first share_port of a
// process, because sockets that share a port would join another process silently. Sockets of this
// process that are not in `own` count as somebody. conflict: somebody does; invalid: no such
// address here; denied: the port needs privileges.
Result<> probe_port(const ListenAddress& address, std::span<const OwnSocket> own = {});

// A socket that listens at `address` together with others of this process. The same errors.
Result<Acceptor> share_port(boost::asio::io_context& io, const ListenAddress& address);

}  // namespace weft::net
