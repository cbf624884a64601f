#include "tests/scenarios/fake_network.h"

#include <fmt/format.h>
#include <sys/socket.h>
#include <unistd.h>

#include <boost/asio/error.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <chrono>
#include <utility>

namespace weft::tests {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;
using Endpoint = asio::local::stream_protocol::endpoint;

// A taken name is address_in_use, as a taken port is.
error_code listen_at(net::Acceptor& acceptor, const std::string& name) {
  const Endpoint endpoint(name);
  error_code ec;
  acceptor.open(endpoint.protocol(), ec);
  if (!ec) acceptor.bind(endpoint, ec);
  if (!ec) acceptor.listen(asio::socket_base::max_listen_connections, ec);
  return ec;
}

}  // namespace

// The zero byte at the front keeps it out of the file system; the name goes with its socket.
std::string FakeNetwork::name(std::string_view address, std::size_t listener) const {
  return fmt::format("{}weft-{}-{}-{}-{}", '\0', ::getpid(), fmt::ptr(this), address, listener);
}

Result<> FakeNetwork::probe(const net::ListenAddress& address,
                            std::span<const net::OwnSocket> /*own*/) {
  asio::io_context io{1};
  net::Acceptor acceptor{io};
  if (const auto ec = listen_at(acceptor, name(address.text(), 0)))
    return fail(Errc::conflict, fmt::format("{}: {}", address.text(), ec.message()));
  return {};
}

Result<net::Listening> FakeNetwork::listen(asio::io_context& io,
                                           const net::ListenAddress& address) {
  const auto text = address.text();
  for (std::size_t listener = 0;; ++listener) {
    net::Acceptor acceptor{io};
    const auto ec = listen_at(acceptor, name(text, listener));
    if (ec == asio::error::address_in_use) continue;
    if (ec) return fail(Errc::unavailable, fmt::format("{}: {}", text, ec.message()));
    const std::lock_guard lock(mutex_);
    seen_.insert(text);
    changed_.notify_all();
    return net::Listening{std::move(acceptor), address};
  }
}

std::optional<RawClient> FakeNetwork::connect(std::string_view address,
                                              std::size_t listener) const {
  const Endpoint endpoint(name(address, listener));
  const int socket = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  auto client = RawClient::over(socket);
  if (::connect(socket, endpoint.data(), static_cast<socklen_t>(endpoint.size())) != 0)
    return std::nullopt;
  return client;
}

bool FakeNetwork::wait_for_listener(std::string_view address) {
  std::unique_lock lock(mutex_);
  return changed_.wait_for(lock, std::chrono::seconds(10), [&] { return seen_.contains(address); });
}

}  // namespace weft::tests
