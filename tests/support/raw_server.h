// A server that does exactly what it is told, for tests of clients.
#pragma once
#include <atomic>
#include <cstdint>
#include <functional>
#include <thread>
#include <vector>

#include "tests/support/raw_client.h"

namespace weft::tests {

// Listens on a loopback address at a port of the system's choice. Each connection is served on a
// thread of its own, which owns it; when `serve` returns it is closed.
class RawServer {
 public:
  // `nth` connection, from 0.
  using Serve = std::function<void(RawClient& peer, int nth)>;
  enum class Family { v4, v6 };
  explicit RawServer(Serve serve, Family family = Family::v4);
  // Waits for those who serve.
  ~RawServer();
  RawServer(const RawServer&) = delete;
  RawServer& operator=(const RawServer&) = delete;

  std::uint16_t port() const { return port_; }
  int connections() const { return connections_; }

 private:
  void accept();

  const Serve serve_;
  int socket_ = -1;
  std::uint16_t port_ = 0;
  std::atomic<int> connections_ = 0;
  std::vector<std::thread> serving_;  // of the accepting thread
  std::thread accepting_;
};

}  // namespace weft::tests
