#include "net/dial.h"

#include <fmt/format.h>
#include <openssl/err.h>

#include <algorithm>
#include <boost/asio/post.hpp>
#include <list>
#include <utility>

#include "base/alarm.h"
#include "net/client_stream.h"

namespace weft::net {
namespace {

namespace ip = boost::asio::ip;
using boost::system::error_code;
using DialKind = DialFault::Kind;
using TcpSocket = boost::asio::basic_stream_socket<ip::tcp, Executor>;

// RFC 8305, Connection Attempt Delay.
constexpr std::chrono::milliseconds k_next_address{250};

// "[::1]" without its brackets.
std::string bare(const std::string& host) {
  return host.starts_with('[') && host.ends_with(']') ? host.substr(1, host.size() - 2) : host;
}

// Families in turn, beginning with that of the first.
Addresses in_turn(const Addresses& addresses) {
  Addresses first, second, mixed;
  for (const auto& one : addresses)
    (one.is_v6() == addresses.front().is_v6() ? first : second).push_back(one);
  for (std::size_t i = 0; i < std::max(first.size(), second.size()); ++i) {
    if (i < first.size()) mixed.push_back(first[i]);
    if (i < second.size()) mixed.push_back(second[i]);
  }
  return mixed;
}

DialKind kind_of(const error_code& error) {
  namespace errors = boost::asio::error;
  if (error == errors::connection_refused) return DialKind::refused;
  if (error == errors::timed_out) return DialKind::late;
  if (error == errors::no_descriptors) return DialKind::no_socket;
  return DialKind::unroutable;
}

DialFault tls_fault(const error_code& error, SSL* ssl, const std::string& host) {
  if (const long verified = SSL_get_verify_result(ssl); verified != X509_V_OK) {
    return {DialKind::certificate,
            fmt::format("the certificate of {} is not accepted: {}", host,
                        X509_verify_cert_error_string(verified)),
            {}};
  }
  if (error.category() != boost::asio::error::get_ssl_category())
    return {
        DialKind::lost, fmt::format("{} closed the connection during the TLS handshake", host), {}};
  const int reason = ERR_GET_REASON(static_cast<unsigned long>(error.value()));
  constexpr int alerts = SSL_AD_REASON_OFFSET;
  return {reason >= alerts ? DialKind::alert : DialKind::tls_protocol,
          fmt::format("the TLS handshake with {} failed: {}", host, error.message()),
          {}};
}

}  // namespace

class Dial::Attempt final : public std::enable_shared_from_this<Attempt> {
 public:
  // `resolver` may be null when nothing needs to be looked up.
  Attempt(const Executor& executor, Resolver* resolver, const Clock& clock, DialRequest request,
          Done done)
      : executor_(executor),
        resolver_(resolver),
        clock_(clock),
        request_(std::move(request)),
        host_(bare(request_.host)),
        done_(std::move(done)),
        deadline_(executor, clock, [this] { late(); }),
        next_(executor, clock, [this] { try_next(); }) {}

  void start() {
    if (request_.deadline != MonotonicTime::max()) deadline_.set(request_.deadline);
    error_code not_an_address;
    const auto address = ip::make_address(host_, not_an_address);
    if (!not_an_address) {
      return boost::asio::post(
          executor_, [self = shared_from_this(), address] { self->resolved(Addresses{address}); });
    }
    lookup_ = resolver_->resolve({host_, request_.asker}, executor_,
                                 [this](Result<Addresses> found) { resolved(std::move(found)); });
  }

  void secure(std::unique_ptr<ClientStream> over) {
    if (request_.deadline != MonotonicTime::max()) deadline_.set(request_.deadline);
    connected_ = true;
    boost::asio::post(executor_, [self = shared_from_this(),
                                  plain = std::shared_ptr<ClientStream>(std::move(over))] {
      if (self->done_) self->shake_hands(std::move(plain->socket()));
    });
  }

  // No answer comes any more.
  void stop() {
    done_ = nullptr;
    lookup_.reset();
    deadline_.cancel();
    next_.cancel();
    for (auto& socket : sockets_) close(*socket);
    sockets_.clear();
    if (stream_) stream_->close();
  }

 private:
  static void close(TcpSocket& socket) {
    error_code ignored;
    (void)socket.close(ignored);
  }

  void finish(std::expected<std::unique_ptr<ClientStream>, DialFault> result) {
    if (!done_) return;
    const auto done = std::exchange(done_, nullptr);
    stop();
    done(std::move(result));
  }

  void failed(DialKind kind, std::string why) {
    finish(std::unexpected(DialFault{kind, std::move(why), {}}));
  }

  void late() {
    const auto self = shared_from_this();
    if (addresses_.empty() && !connected_)
      return failed(DialKind::name_late, fmt::format("the name {} was not found in time", host_));
    failed(DialKind::late,
           fmt::format("no connection to {} port {} in time", host_, request_.port));
  }

  void resolved(Result<Addresses> found) {
    if (!done_) return;
    const auto self = shared_from_this();
    if (!found) {
      const auto kind =
          found.error().code == Errc::not_found ? DialKind::name_unknown : DialKind::name_failed;
      return failed(kind, std::move(found).error().message);
    }
    auto& all = *found;
    const auto first = all.front();
    std::erase_if(all, [this](const auto& address) { return !request_.admits(address); });
    if (all.empty()) {
      return finish(std::unexpected(
          DialFault{DialKind::refused_by_us,
                    fmt::format("{} has no address that is allowed", host_), first}));
    }
    addresses_ = in_turn(all);
    try_next();
  }

  void try_next() {
    const auto self = shared_from_this();
    if (!done_ || index_ == addresses_.size()) return;
    const ip::tcp::endpoint endpoint(addresses_[index_++], request_.port);
    auto socket = std::make_shared<TcpSocket>(executor_);
    error_code error;
    (void)socket->open(endpoint.protocol(), error);
    if (error) return refused(error);
    (void)socket->set_option(ip::tcp::no_delay(true), error);
    sockets_.push_back(socket);
    if (index_ < addresses_.size()) next_.set(clock_.now() + k_next_address);
    socket->async_connect(endpoint,
                          [self, socket](const error_code& ec) { self->connected(socket, ec); });
  }

  void connected(const std::shared_ptr<TcpSocket>& socket, const error_code& error) {
    if (!done_) return;
    std::erase(sockets_, socket);
    if (error) {
      close(*socket);
      return refused(error);
    }
    for (auto& other : sockets_) close(*other);
    sockets_.clear();
    index_ = addresses_.size();
    next_.cancel();
    if (request_.tls == nullptr)
      return finish(std::make_unique<ClientStream>(Socket(std::move(*socket))));
    shake_hands(Socket(std::move(*socket)));
  }

  // One address is no good: the next at once, or the last word.
  void refused(const error_code& error) {
    fault_ = DialFault{
        kind_of(error), fmt::format("{} port {}: {}", host_, request_.port, error.message()), {}};
    if (index_ < addresses_.size()) return try_next();
    if (sockets_.empty()) finish(std::unexpected(fault_));
  }

  void shake_hands(Socket socket) {
    stream_ = std::make_unique<ClientStream>(std::move(socket), request_.tls);
    auto& tls = *stream_->tls();
    if (!expect_host(tls.native_handle(), host_)) {
      return failed(DialKind::tls_protocol, fmt::format("{} is no name for a certificate", host_));
    }
    tls.async_handshake(boost::asio::ssl::stream_base::client, [self = shared_from_this()](
                                                                   const error_code& error) {
      if (!self->done_) return;
      auto stream = std::move(self->stream_);
      if (!error) return self->finish(std::move(stream));
      self->finish(std::unexpected(tls_fault(error, stream->tls()->native_handle(), self->host_)));
    });
  }

  // Set at construction.
  const Executor executor_;
  Resolver* const resolver_;
  const Clock& clock_;
  const DialRequest request_;
  const std::string host_;
  Done done_;  // null once it is over
  Alarm deadline_, next_;
  // Under way.
  std::unique_ptr<Resolver::Lookup> lookup_;
  bool connected_ = false;  // before this began
  Addresses addresses_;
  std::size_t index_ = 0;  // of the next address
  std::list<std::shared_ptr<TcpSocket>> sockets_;
  DialFault fault_{};
  std::unique_ptr<ClientStream> stream_;  // during its handshake
};

Dial::Dial(const Executor& executor, Resolver& resolver, const Clock& clock, DialRequest request,
           Done done)
    : attempt_(std::make_shared<Attempt>(executor, &resolver, clock, std::move(request),
                                         std::move(done))) {
  attempt_->start();
}

Dial::Dial(const Executor& executor, const Clock& clock, std::unique_ptr<ClientStream> over,
           DialRequest request, Done done)
    : attempt_(std::make_shared<Attempt>(executor, nullptr, clock, std::move(request),
                                         std::move(done))) {
  attempt_->secure(std::move(over));
}

Dial::~Dial() { attempt_->stop(); }

}  // namespace weft::net
