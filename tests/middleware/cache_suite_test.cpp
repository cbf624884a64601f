// A component is a provider: the suite of all providers, with `cache` in front of two of them, by
// the rows of those.
#include <atomic>
#include <boost/asio/post.hpp>

#include "providers/keyvalue_memory/keyvalue_memory.h"
#include "providers/keyvalue_sqlite/keyvalue_sqlite.h"
#include "tests/contracts/keyvalue_suite_calls.h"
#include "tests/middleware/cache_thread.h"

namespace weft::tests {
namespace {

using Executor = boost::asio::io_context::executor_type;

// Has the thread of the component run where the suite runs its own.
class CacheEndpoint final : public contracts::Endpoint {
 public:
  CacheEndpoint(Executor executor, const CacheHost& host, const contracts::Settings& settings,
                const std::atomic<bool>& closed)
      : executor_(std::move(executor)),
        closed_(closed),
        thread_(std::make_shared<CacheThread>(host, settings)) {}
  contracts::Pending invoke(contracts::Invocation invocation,
                            contracts::Replier& replier) override {
    if (closed_) thread_->stop();
    auto pending = thread_->invoke(std::move(invocation), replier);
    run_on();
    return pending;
  }
  std::size_t in_flight() const override { return thread_->in_flight(); }

 private:
  void run_on() {
    boost::asio::post(executor_, [executor = executor_, thread = std::weak_ptr(thread_)] {
      run(executor, thread);
    });
  }
  static void run(const Executor& executor, const std::weak_ptr<CacheThread>& of) {
    const auto thread = of.lock();
    if (thread == nullptr) return;
    thread->run_some();
    if (thread->in_flight() == 0) return;
    boost::asio::post(executor, [executor, of] { run(executor, of); });
  }

  const Executor executor_;
  const std::atomic<bool>& closed_;
  const std::shared_ptr<CacheThread> thread_;
};

class CacheProvider final : public contracts::Provider {
 public:
  CacheProvider(const contracts::ProviderKind& origin, const contracts::ProviderStart& start)
      : origin_(origin.start(without_config(start)).value()),
        near_(providers::keyvalue_memory::kind().start(without_config(start)).value()),
        reporter_(start.log),
        host_{*origin_, *near_, start.clock, start.random, start.log, reporter_} {}

  Result<std::unique_ptr<contracts::Endpoint>> open(Executor executor,
                                                    const contracts::Settings& settings) override {
    return std::make_unique<CacheEndpoint>(std::move(executor), host_, settings, closed_);
  }
  // As a host does it: nothing leads to the component any more, then what it calls ends.
  void close() override {
    closed_ = true;
    origin_->close();
    near_->close();
  }

 private:
  static contracts::ProviderStart without_config(contracts::ProviderStart start) {
    start.config.clear();
    return start;
  }

  const std::unique_ptr<contracts::Provider> origin_, near_;
  engine::Reporter reporter_;
  const CacheHost host_;
  std::atomic<bool> closed_ = false;
};

// With a time to live that outlasts the suite: whatever is read too old stays so.
std::unique_ptr<KeyValueProvider> cache_before(const contracts::ProviderKind& origin,
                                               const kv::Capabilities& row) {
  const contracts::ProviderKind kind{.info = origin.info,
                                     .start = [&origin](const contracts::ProviderStart& start) {
                                       return Result<std::unique_ptr<contracts::Provider>>(
                                           std::make_unique<CacheProvider>(origin, start));
                                     }};
  return std::make_unique<KeyValueProvider>(kind, row, contracts::Settings{{"ttl_ms", "3600000"}});
}

constexpr auto k_before_memory = kv::through_component(kv::k_memory);
constexpr auto k_before_sqlite = kv::through_component(kv::k_sqlite);

INSTANTIATE_TEST_SUITE_P(CacheBeforeMemory, KeyValueSuite,
                         testing::Values([]() -> std::unique_ptr<KeyValueProvider> {
                           return cache_before(providers::keyvalue_memory::kind(), k_before_memory);
                         }));
INSTANTIATE_TEST_SUITE_P(CacheBeforeSqlite, KeyValueSuite,
                         testing::Values([]() -> std::unique_ptr<KeyValueProvider> {
                           return cache_before(providers::keyvalue_sqlite::kind(), k_before_sqlite);
                         }));

}  // namespace
}  // namespace weft::tests
