#include "tests/support/raw_server.h"

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <stdexcept>
#include <utility>

namespace weft::tests {
namespace {

template <class Address>
std::uint16_t listen_at(int socket, Address address, in_port_t Address::* port) {
  auto* raw = reinterpret_cast<sockaddr*>(&address);
  socklen_t size = sizeof(address);
  const bool listening = ::bind(socket, raw, size) == 0 && ::listen(socket, 64) == 0 &&
                         ::getsockname(socket, raw, &size) == 0;
  if (!listening) throw std::runtime_error("no address to listen at");
  return ntohs(address.*port);
}

}  // namespace

RawServer::RawServer(Serve serve, Family family)
    : serve_(std::move(serve)),
      socket_(::socket(family == Family::v4 ? AF_INET : AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  if (family == Family::v4) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    port_ = listen_at(socket_, address, &sockaddr_in::sin_port);
  } else {
    sockaddr_in6 address{};
    address.sin6_family = AF_INET6;
    address.sin6_addr = in6addr_loopback;
    port_ = listen_at(socket_, address, &sockaddr_in6::sin6_port);
  }
  accepting_ = std::thread([this] { accept(); });
}

RawServer::~RawServer() {
  ::shutdown(socket_, SHUT_RDWR);
  accepting_.join();
  for (auto& thread : serving_) thread.join();
  ::close(socket_);
}

void RawServer::accept() {
  while (true) {
    const int socket = ::accept4(socket_, nullptr, nullptr, SOCK_CLOEXEC);
    if (socket < 0) return;
    serving_.emplace_back([this, socket, nth = connections_++] {
      auto peer = RawClient::over(socket);
      serve_(peer, nth);
    });
  }
}

}  // namespace weft::tests
