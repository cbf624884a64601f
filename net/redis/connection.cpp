#include "net/redis/connection.h"

#include <fmt/format.h>
#include <linux/sockios.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <array>
#include <boost/asio/buffer.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/ssl/error.hpp>
#include <boost/asio/write.hpp>
#include <cerrno>
#include <expected>
#include <utility>
#include <vector>

#include "net/client_stream.h"
#include "net/dial.h"

namespace weft::net::redis {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;

constexpr std::size_t k_read_bytes = std::size_t{64} << 10;
constexpr std::size_t k_piece_bytes = std::size_t{64} << 10;
// A buffer that grew larger than this is not kept.
constexpr std::size_t k_kept_write_bytes = std::size_t{256} << 10;

std::string explain(const error_code& error) {
  if (error == asio::error::eof || error == asio::ssl::error::stream_truncated)
    return "the server closed it";
  return error.message();
}

// A server that vanished without a word is noticed within half a minute, also while nobody asks it
// anything. False: the system does not take it.
bool watch(int socket) {
  struct Option {
    int level, name, value;
  };
  constexpr std::array k_options = {
      Option{SOL_SOCKET, SO_KEEPALIVE, 1}, Option{IPPROTO_TCP, TCP_KEEPIDLE, 15},
      Option{IPPROTO_TCP, TCP_KEEPINTVL, 5}, Option{IPPROTO_TCP, TCP_KEEPCNT, 3},
      // Milliseconds without a word that what was sent has come.
      Option{IPPROTO_TCP, TCP_USER_TIMEOUT, 30'000}};
  for (const auto& [level, name, value] : k_options) {
    if (::setsockopt(socket, level, name, &value, sizeof value) != 0) return false;
  }
  return true;
}

// What handlers share with the connection that its user holds: whichever is left last frees it.
class Wire final : public std::enable_shared_from_this<Wire> {
 public:
  Wire(const Way& way, const Address& address, std::shared_ptr<const TlsClient> tls,
       ConnectionUser& user)
      : user_(&user) {
    const auto* place = std::get_if<HostPort>(&address.place);
    if (place == nullptr) return;
    dial_ = std::make_unique<Dial>(way.executor, way.resolver, way.clock,
                                   DialRequest{.host = place->host,
                                               .port = place->port,
                                               .asker = place->host,
                                               .deadline = MonotonicTime::max(),
                                               .tls = std::move(tls),
                                               .admits = [](const auto&) { return true; }},
                                   [this](auto dialled) { on_dialled(std::move(dialled)); });
  }

  void open_file(const Executor& executor, const std::string& path) {
    stream_ = std::make_unique<ClientStream>(Socket(executor));
    stream_->socket().async_connect(asio::local::stream_protocol::endpoint(path),
                                    [self = shared_from_this()](const error_code& error) {
                                      if (self->user_ == nullptr) return;
                                      if (error) return self->broken("connecting", error);
                                      self->opened();
                                    });
  }

  void close() {
    user_ = nullptr;
    dial_.reset();
    if (stream_) stream_->close();
  }

  std::size_t unacknowledged() {
    int bytes = 0;
    if (::ioctl(stream_->socket().native_handle(), SIOCOUTQ, &bytes) != 0) return 0;
    return static_cast<std::size_t>(bytes);
  }

  Write write(std::string& bytes) {
    std::size_t left = 0;
    if (stream_->tls() == nullptr) {
      // Mostly the socket takes all of it, and nothing needs to be waited for. What is wrong with
      // the socket comes again below.
      error_code error;
      left = stream_->socket().write_some(asio::buffer(bytes), error);
      if (left == bytes.size()) {
        bytes.clear();
        return Write::done;
      }
    }
    writing_.swap(bytes);
    bytes.clear();
    const auto rest = asio::buffer(writing_) + left;
    if (auto* tls = stream_->tls()) {
      asio::async_write(*tls, rest, Piece{this}, Written{shared_from_this()});
    } else {
      asio::async_write(stream_->socket(), rest, Piece{this}, Written{shared_from_this()});
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

  void on_dialled(std::expected<std::unique_ptr<ClientStream>, DialFault> dialled) {
    const auto self = shared_from_this();
    dial_.reset();
    if (user_ == nullptr) return;
    if (!dialled) return broken(dialled.error().why);
    stream_ = *std::move(dialled);
    if (!watch(stream_->socket().native_handle()))
      return broken("connecting", error_code(errno, boost::system::system_category()));
    opened();
  }

  void opened() {
    error_code error;
    stream_->socket().non_blocking(true, error);
    if (error) return broken("connecting", error);
    read_.resize(k_read_bytes);
    read();
    user_->on_open();
  }

  void read() { stream_->async_read_some(asio::buffer(read_), Read{shared_from_this()}); }

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
    broken(doing.empty() ? explain(error) : fmt::format("{}: {}", doing, explain(error)));
  }
  void broken(std::string why) {
    auto* user = std::exchange(user_, nullptr);
    if (user == nullptr) return;
    close();
    user->on_broken({Errc::unavailable, std::move(why)});
  }

  ConnectionUser* user_;  // null when it hears nothing more
  std::unique_ptr<Dial> dial_;
  std::unique_ptr<ClientStream> stream_;  // when it is connected, or to a file
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

std::unique_ptr<Connection> open_connection(const Way& way, const Address& address,
                                            std::shared_ptr<const TlsClient> tls,
                                            ConnectionUser& user) {
  auto wire = std::make_shared<Wire>(way, address, std::move(tls), user);
  if (const auto* file = std::get_if<SocketFile>(&address.place))
    wire->open_file(way.executor, file->path);
  return std::make_unique<WireConnection>(std::move(wire));
}

}  // namespace weft::net::redis
