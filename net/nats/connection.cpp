#include "net/nats/connection.h"

#include <fmt/format.h>

#include <boost/asio/buffer.hpp>
#include <boost/asio/ssl/error.hpp>
#include <optional>
#include <utility>
#include <vector>

#include "net/client_stream.h"
#include "net/dial.h"

namespace weft::net::nats {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;

constexpr std::size_t k_read_bytes = std::size_t{64} << 10;
// A buffer that grew larger than this is not kept.
constexpr std::size_t k_kept_write_bytes = std::size_t{256} << 10;

std::string explain(const error_code& error) {
  if (error == asio::error::eof || error == asio::ssl::error::stream_truncated)
    return "the server closed it";
  return error.message();
}

}  // namespace

class Connection::Wire final : public std::enable_shared_from_this<Wire> {
 public:
  Wire(const Way& way, Server server, ConnectionUser& user)
      : way_(way), server_(std::move(server)), user_(&user) {}

  void open(MonotonicTime deadline) {
    DialRequest request{.host = server_.host,
                        .port = server_.port,
                        .asker = server_.host,
                        .deadline = deadline,
                        .tls = nullptr,
                        .admits = [](const asio::ip::address&) { return true; }};
    dial_.emplace(way_.executor, way_.resolver, way_.clock, std::move(request),
                  [this](auto result) { on_dialled(std::move(result)); });
  }

  void secure(std::shared_ptr<const TlsClient> tls, MonotonicTime deadline) {
    securing_ = true;
    DialRequest request{.host = server_.certified.empty() ? server_.host : server_.certified,
                        .port = server_.port,
                        .asker = server_.host,
                        .deadline = deadline,
                        .tls = std::move(tls),
                        .admits = {}};
    dial_.emplace(way_.executor, way_.clock, std::move(stream_), std::move(request),
                  [this](auto result) { on_dialled(std::move(result)); });
  }

  void close() {
    user_ = nullptr;
    dial_.reset();
    if (stream_) stream_->close();
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
    stream_->async_write(asio::buffer(writing_) + left, Written{shared_from_this()});
    return Write::under_way;
  }

 private:
  struct Written {
    std::shared_ptr<Wire> self;
    void operator()(const error_code& error, std::size_t) const { self->on_written(error); }
  };
  struct Read {
    std::shared_ptr<Wire> self;
    void operator()(const error_code& error, std::size_t bytes) const {
      self->on_read(error, bytes);
    }
  };

  void on_dialled(std::expected<std::unique_ptr<ClientStream>, DialFault> result) {
    if (user_ == nullptr) return;
    const auto self = shared_from_this();
    if (!result) return broken(std::move(result).error().why);
    stream_ = *std::move(result);
    securing_ = false;
    error_code error;
    stream_->socket().non_blocking(true, error);
    if (!error) stream_->socket().set_option(asio::socket_base::keep_alive(true), error);
    if (error) return broken(explain(error));
    read_.resize(k_read_bytes);
    read();
    user_->on_open();
  }

  void read() { stream_->async_read_some(asio::buffer(read_), Read{shared_from_this()}); }

  void on_read(const error_code& error, std::size_t bytes) {
    if (user_ == nullptr) return;
    if (error) return broken(explain(error));
    user_->on_bytes({read_.data(), bytes});
    if (user_ != nullptr && !securing_) read();
  }

  void on_written(const error_code& error) {
    writing_.clear();
    if (writing_.capacity() > k_kept_write_bytes) writing_.shrink_to_fit();
    if (user_ == nullptr) return;
    if (error) return broken(explain(error));
    user_->on_written();
  }

  void broken(std::string why) {
    auto* user = std::exchange(user_, nullptr);
    if (user == nullptr) return;
    if (stream_) stream_->close();
    user->on_broken({Errc::unavailable, std::move(why)});
  }

  const Way way_;
  const Server server_;
  ConnectionUser* user_;  // null when it hears nothing more
  std::optional<Dial> dial_;
  bool securing_ = false;
  std::unique_ptr<ClientStream> stream_;
  std::vector<char> read_;
  std::string writing_;
};

Connection::Connection(const Way& way, const Server& server, MonotonicTime deadline,
                       ConnectionUser& user)
    : wire_(std::make_shared<Wire>(way, server, user)) {
  wire_->open(deadline);
}
Connection::~Connection() { wire_->close(); }

void Connection::secure(std::shared_ptr<const TlsClient> tls, MonotonicTime deadline) {
  wire_->secure(std::move(tls), deadline);
}
Write Connection::write(std::string& bytes) { return wire_->write(bytes); }

}  // namespace weft::net::nats
