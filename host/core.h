// A serving thread and what lives on it: its loop, its switchboard, its shard of every component
// and provider.
#pragma once
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "base/task_group.h"
#include "contracts/provider.h"
#include "engine/loop.h"
#include "engine/thread.h"
#include "ingress/http/listener.h"
#include "ingress/http/metrics.h"
#include "links/switchboard.h"
#include "net/http_server.h"

namespace weft::host {

struct CoreSettings {
  engine::LoopSettings loop;
  links::SwitchboardSettings switchboard;
};

// What every thread uses; outlives them.
struct CoreServices {
  engine::Engine& engine;
  const Clock& clock;
  Random& random;
  Log& log;
  engine::Reporter& reporter;
};

// What one thread owns. Used there and nowhere else.
class Core {
 public:
  Core(std::size_t index, const CoreSettings& settings, const CoreServices& services)
      : thread(settings.loop, services.engine, services.clock, services.random, services.log,
               services.reporter),
        switchboard(settings.switchboard, services.clock),
        tasks(thread.loop.io().get_executor()),
        index_(index) {}

  std::size_t index() const { return index_; }
  engine::Thread thread;
  links::Switchboard switchboard;
  TaskGroup tasks;
  ingress::HttpMetrics http_metrics;  // read by any thread
  // By the address that routes name.
  std::map<std::string, std::unique_ptr<ingress::HttpListener>> listeners;
  std::unique_ptr<net::HttpServer> admin;  // on the first core
  // Of components and of providers for each of their settings, by the number of their start
  // (host/deployment.h); opened on this thread.
  std::map<std::uint64_t, std::unique_ptr<contracts::Endpoint>> shards;
  // Of links that leave providers, by the same number.
  std::map<std::uint64_t, std::unique_ptr<contracts::Subscription>> subscriptions;

 private:
  const std::size_t index_;
};

// All serving threads of a host. Used by the control thread; thread-safe between construction and
// destruction, except that serving threads must not wait for each other with everywhere().
class Cores {
 public:
  Cores(std::size_t count, const CoreSettings& settings, const CoreServices& services);
  Cores(const Cores&) = delete;
  Cores& operator=(const Cores&) = delete;
  // Ends the threads; what they own goes away there.
  ~Cores();

  std::size_t count() const { return slots_.size(); }
  // Runs `work` on thread `index`; the caller goes on at once.
  void post(std::size_t index, std::function<void(Core&)> work);
  // For what may be read from any thread.
  void each(const std::function<void(const Core&)>& look) const;
  // Runs `work` on every thread at once and waits until all have done it: what it changed is in
  // force everywhere.
  void everywhere(const std::function<void(Core&)>& work);
  // The same for work that can fail; the error of the first core that failed.
  Result<> try_everywhere(const std::function<Result<>(Core&)>& work);

 private:
  struct Slot {
    Core* core = nullptr;  // lives on the thread's stack
    std::thread thread;
  };
  std::vector<Slot> slots_;  // of fixed size once constructed
};

}  // namespace weft::host
