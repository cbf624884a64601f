// A Redis server of a test's own.
#pragma once
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "tests/support/process.h"

namespace weft::tests {

// On a free port of the loopback interface, empty, nothing kept on disk unless told otherwise.
class RedisServer final {
 public:
  // Arguments of redis-server, such as {"--requirepass", "secret"}. `password` is what redis-cli
  // needs.
  explicit RedisServer(std::vector<std::string> arguments = {}, std::string password = {});

  std::uint16_t port() const { return port_; }
  std::string url() const { return "redis://127.0.0.1:" + std::to_string(port_); }
  std::string socket_file() const { return folder_.path() / "redis.sock"; }
  const std::filesystem::path& folder() const { return folder_.path(); }
  Process& process() { return *process_; }
  // Ends it, and starts it again at the same port; between the two it is not there.
  void end() { process_->end(); }
  void start();
  // What redis-cli prints for this command.
  std::string cli(std::vector<std::string> words) const;

 private:
  bool answers() const;

  const TemporaryFolder folder_;
  const std::vector<std::string> arguments_;
  const std::string password_;
  std::uint16_t port_ = 0;
  std::unique_ptr<Process> process_;
};

}  // namespace weft::tests
