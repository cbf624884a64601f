// A way to a server on which everything goes wrong that can: for tests of clients.
#pragma once
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>

namespace weft::tests {

// Listens on a free port of the loopback interface and passes on to another port there. Has a
// thread of its own; every method returns when it has taken effect.
class FaultProxy final {
 public:
  explicit FaultProxy(std::uint16_t to);
  FaultProxy(const FaultProxy&) = delete;
  FaultProxy& operator=(const FaultProxy&) = delete;
  ~FaultProxy();

  std::uint16_t port() const;
  // Each piece of an answer comes this much later.
  void delay(std::chrono::milliseconds by);
  // The server reads at most so many bytes at a time, every millisecond. 0: as they come.
  void slow_reader(std::size_t bytes);
  // Nothing passes any more in either direction, and nothing is closed: as when a cable is cut.
  void black_hole();
  // Connections that are open are reset; new ones are taken, or reset as well.
  enum class Then { serve, refuse };
  void cut(Then then);
  // The server gets so many bytes more from a client; then their connection is reset, once.
  void cut_after(std::size_t bytes);
  // As at first.
  void mend();
  // Connections taken so far.
  std::size_t connections() const;

 private:
  class Works;
  std::unique_ptr<Works> works_;
};

}  // namespace weft::tests
