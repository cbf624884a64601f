// Where HTTP comes in: the addresses that routes name, open on every thread, and the admin
// endpoints.
#pragma once
#include <chrono>
#include <cstddef>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/log.h"
#include "base/result.h"
#include "contracts/limits.h"
#include "host/core.h"
#include "host/plan/plan.h"
#include "ingress/http/access_log.h"
#include "ingress/http/admin.h"
#include "ingress/http/router.h"
#include "net/listen.h"

namespace weft::host {

struct HttpFrontSettings {
  std::string admin;                         // address; empty: no admin endpoints
  ingress::AccessLog* access_log = nullptr;  // null: off; outlives the front
};

struct FrontRoute {
  plan::AddRoute route;
  contracts::Limits limits;  // of its target
  contracts::Position at;    // of its link
};

struct HttpFrontParts {
  Cores& cores;
  net::Network& network;
  const Clock& clock;
  Random& random;
  Log& log;
};

// Control thread only.
class HttpFront {
 public:
  HttpFront(HttpFrontSettings settings, HttpFrontParts parts)
      : settings_(std::move(settings)), parts_(parts) {}
  HttpFront(const HttpFront&) = delete;
  HttpFront& operator=(const HttpFront&) = delete;
  // close() must have been called.
  ~HttpFront() = default;

  // Opens what these routes need beyond what is open; nothing is served there yet. After an error
  // everything is as it was. An address may take the port of one that no route names any more, as
  // 0.0.0.0 that of 127.0.0.1: until route() both listen. conflict: two routes alike, or a port
  // that somebody else holds; invalid: no such address; denied: a low port.
  Result<> open(const std::vector<FrontRoute>& routes);
  // Serves by these routes, for which open() succeeded, and lets go of addresses that none of them
  // names.
  void route(std::chrono::milliseconds patience);
  // The endpoints of `source`, which outlives the front. The errors of open().
  Result<> serve_admin(ingress::AdminSource& source);

  // No new connections; waits for the answers under way, at most `patience`.
  void drain(std::chrono::milliseconds patience);
  // At once: requests in flight are cancelled. Everything is let go of.
  void close();

  // Of all threads, as Prometheus wants them.
  void append_metrics(std::string& out);

 private:
  // What is known of an address while it is open.
  struct Opened {
    std::string actual;  // where it really is: its port 0 resolved
    std::vector<net::OwnSocket> sockets;
  };
  std::vector<net::OwnSocket> leaving(const std::set<std::string>& wanted) const;
  Result<std::string> open_admin(ingress::AdminSource& source);
  Result<> open_address(const std::string& address);
  void let_go(const std::set<std::string>& addresses, std::chrono::milliseconds patience);
  bool any_left(const std::set<std::string>& addresses);

  const HttpFrontSettings settings_;
  const HttpFrontParts parts_;
  std::map<std::string, Opened> open_;  // by address as routes name it
  std::set<std::string> serving_;
  std::shared_ptr<const ingress::Router> next_;  // made by open()
};

}  // namespace weft::host
