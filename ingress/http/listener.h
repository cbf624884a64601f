// One address on one thread, from its socket to the switchboard.
#pragma once
#include <boost/asio/awaitable.hpp>
#include <memory>
#include <string>

#include "base/clock.h"
#include "base/log.h"
#include "base/quick_random.h"
#include "base/turn.h"
#include "contracts/invocation.h"
#include "ingress/http/access_log.h"
#include "ingress/http/exchange.h"
#include "ingress/http/metrics.h"
#include "ingress/http/router.h"
#include "net/http_server.h"
#include "net/listen.h"

namespace weft::ingress {

// All references outlive the listener.
struct HttpListenerParts {
  Turn& turn;
  contracts::Invoker& invoker;  // the thread's switchboard
  HttpMetrics& metrics;         // the thread's
  Log& log;
  const Clock& clock;
  Random& seed;  // for request and trace ids
  AccessLog* access_log = nullptr;
};

// One thread: that of the io_context it listens on.
class HttpListener final {
 public:
  // `address`: as routes name it. Serves from start().
  HttpListener(net::Listening listening, std::string address, HttpListenerParts parts,
               net::HttpServerSettings settings = {});

  void start() { server_.start(); }
  // Requests that begin from now on are routed by `router`, and their heads may be as large as its
  // routes say.
  void set_router(std::shared_ptr<const Router> router);

  // As net::HttpServer has them: before this is destroyed drain() must return, or close() be called
  // and the io_context end.
  boost::asio::awaitable<void> drain(MonotonicTime deadline) { return server_.drain(deadline); }
  void close() { server_.close(); }
  bool empty() const { return server_.empty(); }
  // Where it really listens: the port the system chose for port 0.
  const net::ListenAddress& local() const { return server_.address(); }
  // As routes name it.
  const std::string& address() const { return context_.address; }

 private:
  QuickRandom random_;
  ExchangeContext context_;
  net::HttpServer server_;
};

}  // namespace weft::ingress
