#include "net/http_server.h"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <cassert>
#include <utility>

namespace weft::net {

namespace asio = boost::asio;
using boost::system::error_code;

namespace {
constexpr std::chrono::milliseconds k_retry{50};
}

HttpPeer::HttpPeer(Socket socket, HttpServer& server)
    : connection_(std::move(socket), server.turn(), server.clock(), server.http(), *this),
      server_(server) {}

void HttpPeer::on_closed() { server_.remove(*this); }

HttpServer::HttpServer(Listening listening, Turn& turn, const Clock& clock,
                       HttpServerSettings settings, MakePeer make_peer)
    : turn_(turn),
      clock_(clock),
      make_peer_(std::move(make_peer)),
      address_(std::move(listening.address)),
      settings_(settings),
      acceptor_(std::move(listening.acceptor)),
      retry_(acceptor_.get_executor(), clock, [this] { accept(); }),
      emptied_(acceptor_.get_executor(), MonotonicTime::max()) {}

HttpServer::~HttpServer() = default;

void HttpServer::start() {
  started_ = true;
  accept();
}

void HttpServer::accept() {
  if (accepting_ || stopped_ || peers_.size() >= settings_.connections) return;
  accepting_ = true;
  acceptor_.async_accept(
      [this](const error_code& ec, Socket socket) { on_accept(ec, std::move(socket)); });
}

void HttpServer::on_accept(const error_code& ec, Socket socket) {
  accepting_ = false;
  // Also when a drain has begun since: for the client the connection is made.
  if (!ec && !closed_) {
    add(std::move(socket));
    return accept();
  }
  if (stopped_) return left();
  if (ec == asio::error::connection_aborted) return accept();
  // Out of descriptors or memory: trying at once would only turn in a circle.
  retry_.set(clock_.now() + k_retry);
}

void HttpServer::add(Socket socket) {
  auto peer = make_peer_(std::move(socket), *this);
  peer->index_ = peers_.size();
  auto& connection = peer->connection_;
  peers_.push_back(std::move(peer));
  connection.start();
  if (stopped_) connection.drain();
}

// Closing the listening socket would reset the clients in its queue, for whom the connection is
// made: as many as the queue holds, and not those who come meanwhile.
void HttpServer::take_queue() {
  error_code ec;
  acceptor_.non_blocking(true, ec);
  for (int left = asio::socket_base::max_listen_connections; !ec && left > 0; --left) {
    Socket socket(acceptor_.get_executor());
    acceptor_.accept(socket, ec);
    if (!ec) add(std::move(socket));
  }
}

void HttpServer::stop_accepting() {
  stopped_ = true;
  error_code ignored;
  acceptor_.close(ignored);
  retry_.cancel();
}

asio::awaitable<void> HttpServer::drain(MonotonicTime deadline) {
  if (started_ && !stopped_) take_queue();
  stop_accepting();
  for (const auto& peer : peers_) peer->connection_.drain();
  Alarm last(acceptor_.get_executor(), clock_, [this] { close(); });
  last.set(deadline);
  while (!empty()) (void)co_await emptied_.async_wait(asio::as_tuple(asio::use_awaitable));
}

void HttpServer::close() {
  closed_ = true;
  stop_accepting();
  for (const auto& peer : peers_) peer->connection_.close();
}

void HttpServer::remove(HttpPeer& peer) {
  const auto index = peer.index_;
  const auto gone = std::move(peers_[index]);
  peers_[index] = std::move(peers_.back());
  if (peers_[index]) peers_[index]->index_ = index;
  peers_.pop_back();
  if (stopped_) return left();
  accept();
}

void HttpServer::left() {
  if (empty()) emptied_.cancel();
}

}  // namespace weft::net
