#include "tests/middleware/cache_thread.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <utility>

#include "contracts/keyvalue/flat_adapter.h"
#include "contracts/keyvalue/wasi_adapter.h"
#include "engine/wasm_file.h"

namespace weft::tests {
namespace {

engine::Engine& cache_engine() {
  static const SystemClock clock;
  static Log log({}, clock, [](std::string_view) {});
  static const auto wasi = kv::wasi_adapter(), flat = kv::flat_adapter();
  static const auto opened = engine::Engine::open(
      {.threads = 1,
       .guests = 1000,
       .cache = std::filesystem::temp_directory_path() / "weft-middleware-test-cache",
       .adapters = {wasi.get(), flat.get()}},
      log);
  return **opened;
}

std::shared_ptr<const engine::Component> cache_component() {
  static const auto component = [] {
    auto wasm = engine::read_wasm(WEFT_GUESTS "/cache.wasm");
    EXPECT_TRUE(wasm) << wasm.error().message << "; build it with tools/build_guests";
    auto& engine = cache_engine();
    auto artifact = engine.load(*std::move(wasm), "cache");
    EXPECT_TRUE(artifact) << artifact.error().message;
    return engine::Component::open({.id = ComponentId("cache"), .artifact = *artifact}, engine)
        .value();
  }();
  return component;
}

}  // namespace

// ---- HoldingInvoker ----

struct HoldingInvoker::Held final : contracts::Replier, contracts::Call {
  explicit Held(contracts::Replier& to) : replier(&to) {}
  void on_reply(contracts::Reply reply) noexcept override {
    pending.settled();
    answer = std::move(reply);
  }
  void cancel() noexcept override { replier = nullptr; }

  contracts::Replier* replier;
  contracts::Pending pending;
  std::optional<contracts::Reply> answer;
};

HoldingInvoker::HoldingInvoker(contracts::Invoker& store) : store_(store) {}
HoldingInvoker::~HoldingInvoker() = default;

contracts::Pending HoldingInvoker::invoke(contracts::Invocation invocation,
                                          contracts::Replier& replier) {
  ++calls;
  if (invocation.function != held_function_) return store_.invoke(std::move(invocation), replier);
  auto& held = *held_.emplace_back(std::make_unique<Held>(replier));
  auto pending = store_.invoke(std::move(invocation), held);
  if (!held.answer) held.pending = std::move(pending);
  return contracts::Pending(held);
}

void HoldingInvoker::release() {
  for (const auto& held : std::exchange(held_, {})) {
    EXPECT_TRUE(held->answer) << "the store has answered what is released";
    if (held->replier != nullptr && held->answer) held->replier->on_reply(std::move(*held->answer));
  }
}

// ---- CacheThread ----

CacheThread::CacheThread(const CacheHost& host, const contracts::Settings& settings)
    : thread_({}, cache_engine(), host.clock, host.random, host.log, host.reporter),
      origin_(host.origin.open(thread_.loop.io().get_executor(), {}).value()),
      near_(host.near.open(thread_.loop.io().get_executor(), {}).value()),
      holding_(*origin_),
      board_({}, host.clock),
      links_(links::LinkTable::make(
                 {{.source = "test",
                   .name = "default",
                   .contract = "weft:keyvalue/store",
                   .target = "cache",
                   .settings = std::make_shared<const contracts::Settings>(settings)},
                  {"cache", "default", "weft:keyvalue/store", "origin"},
                  {"cache", "default", "wasi:keyvalue/store", "near"},
                  {"cache", "default", "wasi:keyvalue/atomics", "near"},
                  {"cache", "default", "wasi:keyvalue/batch", "near"}})
                 .value()),
      shard_(engine::ComponentShard::open(cache_component(), thread_, board_).value()) {
  board_.swap(links_, {{"cache", shard_.get()}, {"origin", &holding_}, {"near", near_.get()}});
}

CacheThread::~CacheThread() = default;

const contracts::ComponentType& CacheThread::type() {
  return cache_component()->spec().artifact->type();
}

contracts::Pending CacheThread::invoke(contracts::Invocation invocation,
                                       contracts::Replier& replier) {
  invocation.link = "default";
  invocation.contract = invocation.interface;
  auto pending = board_.invoke(std::move(invocation), replier);
  thread_.loop.turn().settle();
  return pending;
}

void CacheThread::lose_near() {
  board_.swap(links_, {{"cache", shard_.get()}, {"origin", &holding_}});
}

}  // namespace weft::tests
