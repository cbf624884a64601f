// The client's end of a connection: a socket, or TLS over it. For the sources of net/ that read and
// write; what they show includes only its name.
#pragma once
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/write.hpp>
#include <memory>
#include <string>
#include <utility>
#include <variant>

#include "net/listen.h"
#include "net/tls.h"

namespace weft::net {

// One thread. Handlers are called with an error after close().
class ClientStream final {
 public:
  using Tls = boost::asio::ssl::stream<Socket>;

  explicit ClientStream(Socket socket) : stream_(std::move(socket)) {}
  // TLS, before its handshake.
  ClientStream(Socket socket, std::shared_ptr<const TlsClient> tls)
      : tls_(std::move(tls)), stream_(std::make_unique<Tls>(std::move(socket), tls_->context())) {}

  Tls* tls() { return tls_ ? std::get<std::unique_ptr<Tls>>(stream_).get() : nullptr; }
  Socket& socket() { return tls_ ? tls()->next_layer() : std::get<Socket>(stream_); }

  template <class Buffers, class Handler>
  void async_read_some(const Buffers& buffers, Handler handler) {
    if (auto* secure = tls()) return secure->async_read_some(buffers, std::move(handler));
    std::get<Socket>(stream_).async_read_some(buffers, std::move(handler));
  }
  template <class Buffers, class Handler>
  void async_write(const Buffers& buffers, Handler handler) {
    if (auto* secure = tls()) return boost::asio::async_write(*secure, buffers, std::move(handler));
    boost::asio::async_write(std::get<Socket>(stream_), buffers, std::move(handler));
  }
  void close() {
    boost::system::error_code ignored;
    (void)socket().close(ignored);
  }

 private:
  std::shared_ptr<const TlsClient> tls_;  // null: plain
  std::variant<Socket, std::unique_ptr<Tls>> stream_;
};

}  // namespace weft::net
