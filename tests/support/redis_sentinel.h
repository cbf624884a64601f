// A Redis Sentinel of a test's own.
#pragma once
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "tests/support/process.h"

namespace weft::tests {

// Watches the primary server at a port of the loopback interface, by the name `shop`, alone: it
// takes half a second of silence for the server's end, and then lets a replica take its place.
class RedisSentinel final {
 public:
  explicit RedisSentinel(std::uint16_t primary);

  std::uint16_t port() const { return port_; }
  Process& process() { return *process_; }
  // The port of the primary as it knows it.
  std::uint16_t primary() const;
  // Waits until it knows of a replica, so that it can let it take over.
  void wait_for_replica() const;
  // What redis-cli prints for this command.
  std::string cli(std::vector<std::string> words) const;

 private:
  void start(std::uint16_t primary);

  const TemporaryFolder folder_;
  std::uint16_t port_ = 0;
  std::unique_ptr<Process> process_;
};

}  // namespace weft::tests
