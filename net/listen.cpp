#include "net/listen.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <boost/asio/detail/socket_option.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/ip/address.hpp>
#include <charconv>
#include <cstdint>
#include <cstring>
#include <utility>

#include "net/listen_table.h"

namespace weft::net {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

using TcpAcceptor = asio::basic_socket_acceptor<tcp, Executor>;
enum class Share { no, yes };

std::unexpected<Error> bad_address(std::string_view text) {
  return fail(Errc::invalid,
              fmt::format("`{}` is no address to listen at: write IP:PORT, as in 127.0.0.1:8000, "
                          "[::1]:8000, 0.0.0.0:8000 or localhost:8000",
                          text));
}

Error explain(const ListenAddress& address, const error_code& ec) {
  const auto where = address.text();
  if (ec == asio::error::address_in_use) {
    return {
        Errc::conflict,
        fmt::format(
            "{} is taken: something else listens there; stop it, or choose another address with "
            "--address or the manifest line `address: {}`",
            where, address.endpoint.address().is_v6() ? "\"[::1]:8001\"" : "127.0.0.1:8001")};
  }
  if (ec == asio::error::access_denied) {
    return {Errc::denied,
            fmt::format("listening at {} is not allowed for this user: ports below 1024 need "
                        "privileges; choose a higher one",
                        where)};
  }
  if (ec == boost::system::errc::address_not_available) {
    return {
        Errc::invalid,
        fmt::format("{} is not an address of this machine: 0.0.0.0 or [::] listens at all of them",
                    where)};
  }
  return {Errc::unavailable, fmt::format("listening at {}: {}", where, ec.message())};
}

Result<> bind_at(TcpAcceptor& acceptor, const ListenAddress& address, Share share) {
  using ReusePort = asio::detail::socket_option::boolean<SOL_SOCKET, SO_REUSEPORT>;
  error_code ec;
  acceptor.open(address.endpoint.protocol(), ec);
  if (!ec) acceptor.set_option(asio::socket_base::reuse_address(true), ec);
  if (!ec && share == Share::yes) acceptor.set_option(ReusePort(true), ec);
  if (!ec) acceptor.bind(address.endpoint, ec);
  if (!ec) acceptor.listen(asio::socket_base::max_listen_connections, ec);
  if (ec) return std::unexpected(explain(address, ec));
  return {};
}

}  // namespace

Result<ListenAddress> ListenAddress::parse(std::string_view text) {
  const auto colon = text.rfind(':');
  if (colon == text.npos) return bad_address(text);
  auto host = text.substr(0, colon);
  const auto port_text = text.substr(colon + 1);
  std::uint16_t port = 0;
  const auto* end = port_text.data() + port_text.size();
  const auto read = std::from_chars(port_text.data(), end, port);
  if (port_text.empty() || read.ec != std::errc() || read.ptr != end) return bad_address(text);
  const bool bracketed = host.size() > 2 && host.front() == '[' && host.back() == ']';
  if (bracketed) {
    host = host.substr(1, host.size() - 2);
  } else if (host.find(':') != host.npos) {
    return bad_address(text);
  }
  if (host.empty()) host = "0.0.0.0";
  if (host == "localhost") host = "127.0.0.1";
  error_code ec;
  const auto address = asio::ip::make_address(host, ec);
  if (ec || address.is_v6() != bracketed) return bad_address(text);
  return ListenAddress{{address, port}};
}

std::string ListenAddress::text() const {
  const auto address = endpoint.address();
  return fmt::format(fmt::runtime(address.is_v6() ? "[{}]:{}" : "{}:{}"), address.to_string(),
                     endpoint.port());
}

std::optional<tcp::endpoint> tcp_endpoint(
    const asio::generic::stream_protocol::endpoint& endpoint) {
  const auto family = endpoint.protocol().family();
  if (family != AF_INET && family != AF_INET6) return std::nullopt;
  tcp::endpoint made(family == AF_INET ? tcp::v4() : tcp::v6(), 0);
  std::memcpy(made.data(), endpoint.data(), std::min(made.size(), endpoint.size()));
  return made;
}

OwnSocket own_socket(Listening& listening) {
  struct stat status{};
  ::fstat(listening.acceptor.native_handle(), &status);
  return {status.st_ino, listening.address.endpoint};
}

Result<> TcpNetwork::probe(const ListenAddress& address, std::span<const OwnSocket> own) {
  const auto in_the_way = [&](const OwnSocket& socket) {
    return overlap(socket.endpoint, address.endpoint);
  };
  if (std::ranges::none_of(own, in_the_way)) {
    asio::io_context io{1};
    TcpAcceptor acceptor{io};
    return bind_at(acceptor, address, Share::no);
  }
  // Binding alone would find our own sockets, so the kernel is asked whose sockets there are.
  TRY(const auto listening, listening_sockets(address.endpoint.port()));
  for (const auto& socket : listening) {
    const bool ours = std::ranges::find(own, socket.inode, &OwnSocket::inode) != own.end();
    if (!ours && overlap(socket.endpoint, address.endpoint)) {
      return std::unexpected(explain(address, asio::error::address_in_use));
    }
  }
  return {};
}

Result<Listening> TcpNetwork::listen(asio::io_context& io, const ListenAddress& address) {
  TcpAcceptor acceptor{io};
  TRY_OK(bind_at(acceptor, address, Share::yes));
  error_code ec;
  const auto local = acceptor.local_endpoint(ec);
  if (ec) return std::unexpected(explain(address, ec));
  return Listening{Acceptor(std::move(acceptor)), ListenAddress{local}};
}

}  // namespace weft::net
