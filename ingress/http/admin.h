// The endpoints for whoever operates a host, at an address of their own: /livez, /readyz and
// /metrics.
#pragma once
#include <string>

#include "net/http_server.h"

namespace weft::ingress {

// What the host knows about itself. Called on the thread of the admin server; must be quick.
class AdminSource {
 public:
  virtual ~AdminSource() = default;
  // Empty when the host can serve; otherwise what it waits for, one thing a line.
  virtual std::string not_ready() = 0;
  // Appends metrics in Prometheus' text format 0.0.4.
  virtual void append_metrics(std::string& out) = 0;
};

// Serves the endpoints for `source`, which outlives the peers; to be given to a net::HttpServer.
net::HttpServer::MakePeer admin_peers(AdminSource& source);

}  // namespace weft::ingress
