// A NATS server of a test's own.
#pragma once
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "tests/support/process.h"

namespace weft::tests {

// On a free port of the loopback interface, with JetStream in a folder of its own.
class NatsServer final {
 public:
  // Lines of its configuration, such as "authorization { token: s3cr3t }".
  explicit NatsServer(std::string configuration = {});

  std::uint16_t port() const { return port_; }
  std::string url() const { return "nats://127.0.0.1:" + std::to_string(port_); }
  const std::filesystem::path& folder() const { return folder_.path(); }
  Process& process() { return *process_; }
  // Ends it, and starts it again at the same port on the data that are there.
  void end() { process_->end(); }
  void start();

 private:
  bool answers() const;

  const TemporaryFolder folder_;
  const std::string configuration_;
  std::uint16_t port_ = 0;
  std::unique_ptr<Process> process_;
};

// Sends one request by a connection of its own, as any client would; what came, with its headers in
// front. Fails the test when nothing comes. `url` may hold no password.
std::string ask_nats(std::uint16_t port, const std::string& subject, const std::string& payload,
                     const std::string& headers = {});

}  // namespace weft::tests
