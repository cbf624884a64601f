#include "net/redis/connection.h"

#include <fmt/format.h>
#include <linux/sockios.h>
#include <sys/ioctl.h>

#include <boost/asio/buffer.hpp>
#include <boost/asio/connect.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/error.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/write.hpp>
#include <optional>
#include <utility>
#include <vector>

#include "net/listen.h"

namespace weft::net::redis {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;
using Endpoint = asio::generic::stream_protocol::endpoint;
using Resolver = asio::ip::basic_resolver<tcp, Executor>;

constexpr std::size_t k_read_bytes = std::size_t{64} << 10;
constexpr std::size_t k_piece_bytes = std::size_t{64} << 10;
// A buffer that grew larger than this is not kept.
constexpr std::size_t k_kept_write_bytes = std::size_t{256} << 10;

std::string explain(const error_code& error) {
  if (error == asio::error::eof || error == asio::ssl::error::stream_truncated)
    return "the server closed it";
  return error.message();
}

// What handlers share with the connection that its user holds: whichever is left last frees it.
class Wire final : public std::enable_shared_from_this<Wire> {
 public:
  Wire(const Executor& executor, Address address, std::shared_ptr<const TlsClient> tls,
       ConnectionUser& user)
      : address_(std::move(address)),
        user_(&user),
        resolver_(executor),
        socket_(executor),
        trust_(std::move(tls)) {
    if (trust_) tls_.emplace(socket_, trust_->context());
  }

  void open() {
    if (const auto* file = std::get_if<SocketFile>(&address_.place)) {
      places_.emplace_back(asio::local::stream_protocol::endpoint(file->path));
      return connect(0);
    }
    const auto& [host, port] = std::get<HostPort>(address_.place);
    error_code no_number;
    const auto number = asio::ip::make_address(host, no_number);
    if (!no_number) {
      places_.emplace_back(tcp::endpoint(number, port));
      return connect(0);
    }
    resolver_.async_resolve(host, std::to_string(port),
                            [self = shared_from_this()](const error_code& error,
                                                        const tcp::resolver::results_type& found) {
                              if (error) return self->broken("looking up the name", error);
                              for (const auto& one : found)
                                self->places_.emplace_back(one.endpoint());
                              self->connect(0);
                            });
  }

  void close() {
    user_ = nullptr;
    resolver_.cancel();
    error_code ignored;  // it may be closed already, and nobody is left to tell
    socket_.close(ignored);
  }

  std::size_t unacknowledged() {
    int bytes = 0;
    if (::ioctl(socket_.native_handle(), SIOCOUTQ, &bytes) != 0) return 0;
    return static_cast<std::size_t>(bytes);
  }

  Write write(std::string& bytes) {
    std::size_t left = 0;
    if (!tls_) {
      // Mostly the socket takes all of it, and nothing needs to be waited for. What is wrong with
      // the socket comes again below.
      error_code error;
      left = socket_.write_some(asio::buffer(bytes), error);
      if (left == bytes.size()) {
        bytes.clear();
        return Write::done;
      }
    }
    writing_.swap(bytes);
    bytes.clear();
    const auto rest = asio::buffer(writing_) + left;
    if (tls_) {
      asio::async_write(*tls_, rest, Piece{this}, Written{shared_from_this()});
    } else {
      asio::async_write(socket_, rest, Piece{this}, Written{shared_from_this()});
    }
    return Write::under_way;
  }

 private:
  struct Written {
    std::shared_ptr<Wire> self;
    void operator()(const error_code& error, std::size_t) const { self->on_written(error); }
  };
  // Asked between two pieces of a write how large the next may be. Asio keeps it no longer than the
  // write, and so than what Written holds.
  struct Piece {
    Wire* self;
    std::size_t operator()(const error_code& error, std::size_t written) const {
      if (error) return 0;
      if (written > 0 && self->user_ != nullptr) self->user_->on_progress();
      return k_piece_bytes;
    }
  };
  struct Read {
    std::shared_ptr<Wire> self;
    void operator()(const error_code& error, std::size_t bytes) const {
      self->on_read(error, bytes);
    }
  };

  // Tries one place after the other.
  void connect(std::size_t index) {
    if (user_ == nullptr) return;
    error_code error;
    socket_.close(error);
    socket_.async_connect(places_[index],
                          [self = shared_from_this(), index](const error_code& failed) {
                            if (self->user_ == nullptr) return;
                            if (failed && index + 1 < self->places_.size())
                              return self->connect(index + 1);
                            if (failed) return self->broken("connecting", failed);
                            self->on_connected();
                          });
  }

  void on_connected() {
    error_code error;
    socket_.non_blocking(true, error);
    if (error) return broken("connecting", error);
    if (std::holds_alternative<SocketFile>(address_.place)) return opened();
    socket_.set_option(tcp::no_delay(true), error);
    if (!error) socket_.set_option(asio::socket_base::keep_alive(true), error);
    if (error) return broken("connecting", error);
    if (!tls_) return opened();
    const auto& host = std::get<HostPort>(address_.place).host;
    if (!expect_host(tls_->native_handle(), host))
      return broken("TLS", asio::error::invalid_argument);
    tls_->async_handshake(asio::ssl::stream_base::client,
                          [self = shared_from_this()](const error_code& failed) {
                            if (failed) return self->broken("TLS", failed);
                            self->opened();
                          });
  }

  void opened() {
    if (user_ == nullptr) return;
    read_.resize(k_read_bytes);
    read();
    user_->on_open();
  }

  void read() {
    if (tls_) {
      tls_->async_read_some(asio::buffer(read_), Read{shared_from_this()});
    } else {
      socket_.async_read_some(asio::buffer(read_), Read{shared_from_this()});
    }
  }

  void on_read(const error_code& error, std::size_t bytes) {
    if (user_ == nullptr) return;
    if (error) return broken("", error);
    user_->on_bytes({read_.data(), bytes});
    if (user_ != nullptr) read();
  }

  void on_written(const error_code& error) {
    writing_.clear();
    if (writing_.capacity() > k_kept_write_bytes) writing_.shrink_to_fit();
    if (user_ == nullptr) return;
    if (error) return broken("", error);
    user_->on_written();
  }

  void broken(std::string_view doing, const error_code& error) {
    auto* user = std::exchange(user_, nullptr);
    if (user == nullptr) return;
    close();
    user->on_broken({Errc::unavailable, doing.empty()
                                            ? explain(error)
                                            : fmt::format("{}: {}", doing, explain(error))});
  }

  const Address address_;
  ConnectionUser* user_;  // null when it hears nothing more
  Resolver resolver_;
  Socket socket_;
  const std::shared_ptr<const TlsClient> trust_;  // null: plain
  std::optional<asio::ssl::stream<Socket&>> tls_;
  std::vector<Endpoint> places_;
  std::vector<char> read_;
  std::string writing_;
};

class WireConnection final : public Connection {
 public:
  explicit WireConnection(std::shared_ptr<Wire> wire) : wire_(std::move(wire)) {}
  WireConnection(const WireConnection&) = delete;
  WireConnection& operator=(const WireConnection&) = delete;
  ~WireConnection() override { wire_->close(); }
  Write write(std::string& bytes) override { return wire_->write(bytes); }
  std::size_t unacknowledged() override { return wire_->unacknowledged(); }

 private:
  std::shared_ptr<Wire> wire_;
};

}  // namespace

std::unique_ptr<Connection> open_connection(const boost::asio::io_context::executor_type& executor,
                                            const Address& address,
                                            std::shared_ptr<const TlsClient> tls,
                                            ConnectionUser& user) {
  auto wire = std::make_shared<Wire>(executor, address, std::move(tls), user);
  wire->open();
  return std::make_unique<WireConnection>(std::move(wire));
}

}  // namespace weft::net::redis
