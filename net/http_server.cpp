#include "net/http_server.h"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <cassert>
#include <utility>

namespace weft::net {

namespace asio = boost::asio;
using boost::system::error_code;

HttpPeer::HttpPeer(Socket socket, HttpServer& server)
    : connection_(std::move(socket), server.turn(), server.http(), *this), server_(server) {}

void HttpPeer::on_closed() { server_.remove(*this); }

HttpServer::HttpServer(Acceptor acceptor, Turn& turn, HttpServerSettings settings,
                       MakePeer make_peer)
    : turn_(turn),
      make_peer_(std::move(make_peer)),
      endpoint_(acceptor.local_endpoint()),
      settings_(settings),
      acceptor_(std::move(acceptor)),
      retry_(acceptor_.get_executor()),
      emptied_(acceptor_.get_executor()) {}

HttpServer::~HttpServer() = default;

void HttpServer::start() { accept(); }

void HttpServer::accept() {
  if (accepting_ || stopped_ || peers_.size() >= settings_.connections) return;
  accepting_ = true;
  acceptor_.async_accept(
      [this](const error_code& ec, Socket socket) { on_accept(ec, std::move(socket)); });
}

void HttpServer::on_accept(const error_code& ec, Socket socket) {
  accepting_ = false;
  if (stopped_) return left();
  if (!ec) {
    add(std::move(socket));
    return accept();
  }
  if (ec == asio::error::connection_aborted) return accept();
  // Out of descriptors or memory: trying at once would only turn in a circle.
  accepting_ = true;
  retry_.expires_after(std::chrono::milliseconds(50));
  retry_.async_wait([this](const error_code&) {
    accepting_ = false;
    if (stopped_) return left();
    accept();
  });
}

void HttpServer::add(Socket socket) {
  auto peer = make_peer_(std::move(socket), *this);
  peer->index_ = peers_.size();
  auto& connection = peer->connection_;
  peers_.push_back(std::move(peer));
  connection.start();
}

// Closing the listening socket would reset the clients in its queue, for whom the connection is
// made.
void HttpServer::take_queue() {
  error_code ec;
  acceptor_.non_blocking(true, ec);
  while (!ec && peers_.size() < settings_.connections) {
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

asio::awaitable<void> HttpServer::drain(std::chrono::steady_clock::time_point deadline) {
  if (accepting_) take_queue();
  stop_accepting();
  for (const auto& peer : peers_) peer->connection_.drain();
  emptied_.expires_at(deadline);
  while (!empty()) {
    (void)co_await emptied_.async_wait(asio::as_tuple(asio::use_awaitable));
    if (empty() || std::chrono::steady_clock::now() < deadline) continue;
    emptied_.expires_at(std::chrono::steady_clock::time_point::max());
    deadline = std::chrono::steady_clock::time_point::max();
    close();
  }
}

void HttpServer::close() {
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
