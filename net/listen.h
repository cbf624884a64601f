// Where connections come from: an address that people write, and the sockets that listen there.
#pragma once
#include <boost/asio/basic_socket_acceptor.hpp>
#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/result.h"

namespace weft::net {

// Concrete: any_io_executor costs an indirection on every operation.
using Executor = boost::asio::io_context::executor_type;
// Of any family that has streams: TCP, or whatever a test connects by. Reading and writing do not
// know the difference.
using Socket = boost::asio::basic_stream_socket<boost::asio::generic::stream_protocol, Executor>;
using Acceptor =
    boost::asio::basic_socket_acceptor<boost::asio::generic::stream_protocol, Executor>;

// "127.0.0.1:8000", "[::1]:8000", "localhost:8000", ":8000" (every address). Port 0 lets the system
// choose.
struct ListenAddress {
  boost::asio::ip::tcp::endpoint endpoint;

  // invalid: says what is wrong and what forms there are.
  static Result<ListenAddress> parse(std::string_view text);
  // As parse() reads it: "[::1]:8000".
  std::string text() const;
};

// Nothing when it is not one of TCP.
std::optional<boost::asio::ip::tcp::endpoint> tcp_endpoint(
    const boost::asio::generic::stream_protocol::endpoint& endpoint);

struct Listening {
  Acceptor acceptor;
  ListenAddress address;  // where it really is: a port that the system chose
};

// A listening socket of this process, as the kernel names it in its tables.
struct OwnSocket {
  std::uint64_t inode = 0;
  boost::asio::ip::tcp::endpoint endpoint;
};
OwnSocket own_socket(Listening& listening);

// Where a process can listen. Thread-safe.
class Network {
 public:
  virtual ~Network() = default;
  // Whether nobody but `own` listens at `address`: to be asked before the first listen() of a
  // process, because sockets that share a port would join another process silently. Sockets of this
  // process that are not in `own` count as somebody. conflict: somebody does; invalid: no such
  // address here; denied: the port needs privileges.
  virtual Result<> probe(const ListenAddress& address, std::span<const OwnSocket> own = {}) = 0;
  // A socket that listens at `address` together with others of this process. The same errors.
  virtual Result<Listening> listen(boost::asio::io_context& io, const ListenAddress& address) = 0;
};

class TcpNetwork final : public Network {
 public:
  Result<> probe(const ListenAddress& address, std::span<const OwnSocket> own = {}) override;
  Result<Listening> listen(boost::asio::io_context& io, const ListenAddress& address) override;
};

}  // namespace weft::net
