// A thread of a host on which `cache` (middleware/cache) stands between a caller and two stores.
#pragma once
#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/log.h"
#include "contracts/provider.h"
#include "engine/call/component_shard.h"
#include "links/switchboard.h"
#include "tests/contracts/keyvalue_client.h"

namespace weft::tests {

// What its threads share; outlives them.
struct CacheHost {
  contracts::Provider& origin;
  contracts::Provider& near;
  const Clock& clock;
  Random& random;
  Log& log;
  engine::Reporter& reporter;
};

// Holds what a store answers to one function.
class HoldingInvoker final : public contracts::Invoker {
 public:
  explicit HoldingInvoker(contracts::Invoker& store);
  ~HoldingInvoker() override;
  contracts::Pending invoke(contracts::Invocation invocation, contracts::Replier& replier) override;
  // From now on answers of this function wait; empty: of none.
  void hold(std::string function) { held_function_ = std::move(function); }
  bool holds() const { return !held_.empty(); }
  // Gives out what was held, as it was answered.
  void release();

  int calls = 0;

 private:
  struct Held;
  contracts::Invoker& store_;
  std::string held_function_;
  std::vector<std::unique_ptr<Held>> held_;
};

// Made, used and destroyed on its thread. The caller is `test`; settings are those of its link.
class CacheThread final : public KeyValueHarness, public contracts::Endpoint {
 public:
  CacheThread(const CacheHost& host, const contracts::Settings& settings);
  ~CacheThread() override;

  // Of the component.
  static const contracts::ComponentType& type();

  // KeyValueHarness
  contracts::Endpoint& store() override { return *this; }
  void run_some() override { step(std::chrono::milliseconds(1)); }
  void step(std::chrono::nanoseconds wait) { thread_.loop.step(wait); }
  // contracts::Endpoint
  contracts::Pending invoke(contracts::Invocation invocation, contracts::Replier& replier) override;
  std::size_t in_flight() const override { return shard_->in_flight(); }

  // From now on nothing runs here.
  void stop() { board_.swap(links_, {}); }
  // From now on the store in which it keeps what it has seen is gone.
  void lose_near();
  // Who goes behind its back.
  KeyValueHarness& behind() { return behind_; }
  HoldingInvoker& origin() { return holding_; }

 private:
  struct Behind final : KeyValueHarness {
    explicit Behind(CacheThread& of) : thread(of) {}
    contracts::Endpoint& store() override { return *thread.origin_; }
    void run_some() override { thread.run_some(); }
    CacheThread& thread;
  };

  engine::Thread thread_;
  const std::unique_ptr<contracts::Endpoint> origin_, near_;
  HoldingInvoker holding_;
  Behind behind_{*this};
  links::Switchboard board_;
  std::shared_ptr<const links::LinkTable> links_;
  std::unique_ptr<engine::ComponentShard> shard_;
};

}  // namespace weft::tests
