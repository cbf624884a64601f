// A whole host in a test: real guests and a real manifest, with time and network in the hands of
// the test.
#pragma once
#include <gtest/gtest.h>

#include <cstddef>
#include <filesystem>
#include <functional>
#include <future>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

#include "base/log.h"
#include "base/manual_clock.h"
#include "engine/component.h"
#include "host/host.h"
#include "tests/scenarios/fake_network.h"

namespace weft::tests {

// The application of these tests: the guest `bad` behind HTTP, which does whatever the path says
// (tests/guests/bad).
struct Bad {
  std::string limits = "calls: 8";  // of the trait, which stands in line k_limits_line
  std::string address = "127.0.0.1:80";
};
constexpr int k_limits_line = 11;

// What the control thread does while the test looks on, on a thread of its own.
class Meanwhile {
 public:
  Meanwhile(ManualClock& clock, const std::function<void()>& what);
  Meanwhile(const Meanwhile&) = delete;
  Meanwhile& operator=(const Meanwhile&) = delete;
  // Lets time pass until it is over.
  ~Meanwhile();

  bool is_over() const;
  // Waits for it; false when that takes more than ten seconds of the real time.
  [[nodiscard]] bool ends() const;

 private:
  ManualClock& clock_;
  const std::future<void> done_;
};

// The test's thread is the host's control thread. While a Meanwhile is under way that one is, and
// the test may use clients, the clock, the log and what asks the serving threads: waits_for(),
// settle(), pass(), guests().
class HostScenario : public testing::Test {
 protected:
  HostScenario();
  ~HostScenario() override;

  // The manifest in force from now on; what goes wrong fails the test.
  void apply(const Bad& bad);
  RawClient client(std::string_view address = "127.0.0.1:80");
  // A client that has asked for `path`.
  RawClient ask(std::string_view path, std::string_view address = "127.0.0.1:80");
  // Whether the host has come to wait for this moment, with whatever else it does on the way there.
  [[nodiscard]] bool waits_for(MonotonicTime at);
  // Returns when the serving thread has done all that it had to do up to now: read what was sent,
  // rung what was due.
  void settle();
  // Goes so far, and lets what that brings about happen.
  void pass(std::chrono::nanoseconds by);

  // Of the deployment: for the control thread.
  std::shared_ptr<const engine::Component> component();
  std::size_t failed(Errc code) {
    return component()->counts().errors[static_cast<std::size_t>(code)];
  }
  // Guests that exist, as the thread's pool counts them.
  std::size_t guests();
  const ingress::HttpMetrics& metrics();
  bool logged(std::string_view text) const;

  ManualClock clock_;
  const MonotonicTime start_ = clock_.now();
  FakeNetwork network_;
  std::unique_ptr<host::Host> host_;

 private:
  SystemRandom random_;
  mutable std::mutex mutex_;  // serving threads write the log
  std::string lines_;         // guarded by mutex_
  Log log_;
  const manifest::Providers providers_{{}};
};

}  // namespace weft::tests
