// Accepts connections at one address on one thread, and lets them end in an orderly way.
#pragma once
#include <boost/asio/awaitable.hpp>
#include <boost/asio/basic_waitable_timer.hpp>
#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <vector>

#include "base/alarm.h"
#include "base/clock.h"
#include "base/turn.h"
#include "net/http_connection.h"
#include "net/listen.h"

namespace weft::net {

class HttpServer;

// A handler with its connection: one object for each client. Owned by the server.
class HttpPeer : public HttpHandler {
 public:
  HttpPeer(Socket socket, HttpServer& server);
  virtual ~HttpPeer() = default;
  HttpPeer(const HttpPeer&) = delete;
  HttpPeer& operator=(const HttpPeer&) = delete;

 protected:
  HttpConnection connection_;

 private:
  friend class HttpServer;
  void on_closed() final;

  HttpServer& server_;
  std::size_t index_ = 0;  // in the server's list
};

struct HttpServerSettings {
  HttpSettings http;
  std::size_t connections = 16'384;  // at once on this thread; the next ones wait in the kernel
};

// One thread. Must be closed or drained first: destroyed when empty(), or after close() when its
// io_context never runs again.
class HttpServer {
 public:
  using MakePeer = std::function<std::unique_ptr<HttpPeer>(Socket socket, HttpServer& server)>;

  // `turn` and `clock` outlive the server.
  HttpServer(Listening listening, Turn& turn, const Clock& clock, HttpServerSettings settings,
             MakePeer make_peer);
  ~HttpServer();
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

  void start();
  // No new connection but those that the kernel has taken in already; idle ones close, the others
  // when their answer is sent; at `deadline` whatever is left is closed hard. Returns when nothing
  // is left.
  boost::asio::awaitable<void> drain(MonotonicTime deadline);
  // Closes hard, and so ends a drain() that waits. Not from a handler's callback.
  void close();

  // Of heads and trailers that are read from now on.
  void set_limits(const HttpLimits& limits) { settings_.http.limits = limits; }

  bool empty() const { return peers_.empty() && !accepting_; }
  std::size_t connections() const { return peers_.size(); }
  const ListenAddress& address() const { return address_; }
  Turn& turn() const { return turn_; }
  const Clock& clock() const { return clock_; }
  const HttpSettings& http() const { return settings_.http; }

 private:
  friend class HttpPeer;
  // An event: what waits for it is woken by a cancel.
  using Event = boost::asio::basic_waitable_timer<
      std::chrono::steady_clock, boost::asio::wait_traits<std::chrono::steady_clock>, Executor>;

  void accept();
  void on_accept(const boost::system::error_code& ec, Socket socket);
  void add(Socket socket);
  void take_queue();
  void stop_accepting();
  void remove(HttpPeer& peer);
  void left();

  // Set at construction.
  Turn& turn_;
  const Clock& clock_;
  const MakePeer make_peer_;
  const ListenAddress address_;
  // Owner thread only.
  HttpServerSettings settings_;  // connections refer to it
  Acceptor acceptor_;
  Alarm retry_;
  Event emptied_;
  std::vector<std::unique_ptr<HttpPeer>> peers_;
  bool started_ = false, accepting_ = false;
  bool stopped_ = false, closed_ = false;  // draining or closed; closed
};

}  // namespace weft::net
