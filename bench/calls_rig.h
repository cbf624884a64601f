// A thread of a host with what the rows of calls_bench need on it.
#pragma once
#include <chrono>
#include <cstdio>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "bench/kept_instance.h"
#include "contracts/image_codec.h"
#include "contracts/keyvalue/flat_adapter.h"
#include "contracts/keyvalue/types.h"
#include "contracts/keyvalue/wasi_adapter.h"
#include "engine/call/component_shard.h"
#include "engine/wasm_file.h"
#include "links/switchboard.h"
#include "providers/keyvalue_memory/keyvalue_memory.h"

namespace weft {

// Waits on the thread's loop for one reply.
class Waiting final : public contracts::Replier {
 public:
  void on_reply(contracts::Reply reply) noexcept override {
    pending.settled();
    replied = std::move(reply);
  }
  contracts::Pending pending;
  std::optional<contracts::Reply> replied;
};

// A caller, its callee behind a link, and a kept callee; a store, and `cache` in front of it.
class Bench {
 public:
  static Result<std::unique_ptr<Bench>> open(const std::string& guests) {
    static const auto wasi = contracts::keyvalue::wasi_adapter();
    static const auto flat = contracts::keyvalue::flat_adapter();
    engine::EngineSettings settings;
    settings.adapters = {wasi.get(), flat.get()};
    auto log = std::make_unique<Log>(
        LogSettings{.level = LogLevel::warn}, clock(),
        [](std::string_view line) { std::fwrite(line.data(), 1, line.size(), stderr); });
    TRY(auto made, engine::Engine::open(settings, *log));
    auto bench = std::unique_ptr<Bench>(new Bench(std::move(log), std::move(made)));
    TRY(bench->front_, bench->add("front", guests + "/front.wasm"));
    TRY(bench->echo_, bench->add("echo", guests + "/echo.wasm"));
    TRY(bench->cache_, bench->add("cache", guests + "/cache.wasm"));
    TRY_OK(bench->open_stores());
    TRY_OK(bench->link());
    TRY(bench->kept_, KeptInstance::open(bench->echo_->component(), bench->thread_.loop, clock(),
                                         bench->random_));
    return bench;
  }

  KeptInstance& kept() { return *kept_; }

  // The results of one call of `front` by an outside event, run to its end on this thread.
  Result<contracts::Image> call(std::string_view function, contracts::Image arguments) {
    return finish(*front_, {.context = {},
                            .source = "bench",
                            .link = "default",
                            .contract = "test:demo/drive@0.1.0",
                            .interface = "test:demo/drive@0.1.0",
                            .function = function,
                            .payload = std::move(arguments)});
  }

  // Of one call of the store, straight by a link (`direct`) or through the cache (`cached`).
  Result<contracts::Image> ask_store(std::string_view by, std::string_view function,
                                     contracts::Image arguments) {
    return finish(board_, {.context = {},
                           .source = by,
                           .link = "default",
                           .contract = contracts::keyvalue::k_interface,
                           .interface = contracts::keyvalue::k_interface,
                           .function = function,
                           .payload = std::move(arguments)});
  }

 private:
  static const Clock& clock() {
    static const SystemClock one;
    return one;
  }

  Bench(std::unique_ptr<Log> log, std::unique_ptr<engine::Engine> engine)
      : log_(std::move(log)),
        reporter_(*log_),
        engine_(std::move(engine)),
        thread_({}, *engine_, clock(), random_, *log_, reporter_),
        board_({}, clock()) {}

  Result<std::unique_ptr<engine::ComponentShard>> add(const std::string& id,
                                                      const std::string& file) {
    TRY(auto wasm, engine::read_wasm(file));
    TRY(auto artifact, engine_->load(std::move(wasm), file));
    TRY(auto component, engine::Component::open({.id = ComponentId(id),
                                                 .artifact = std::move(artifact),
                                                 .limits = {},
                                                 .origins = {},
                                                 .config = {},
                                                 .secrets = {},
                                                 .arguments = {},
                                                 .dirs = {}},
                                                *engine_));
    return engine::ComponentShard::open(std::move(component), thread_, board_);
  }

  Result<> open_stores() {
    for (auto* store : {&origin_, &near_}) {
      TRY(store->provider, providers::keyvalue_memory::kind().start({.id = ComponentId("store"),
                                                                     .state = {},
                                                                     .config = {},
                                                                     .clock = clock(),
                                                                     .random = random_,
                                                                     .log = *log_}));
      TRY(store->endpoint, store->provider->open(thread_.loop.io().get_executor(), {}));
    }
    return {};
  }
  Result<> link() {
    TRY(auto links, links::LinkTable::make({{"front", "default", "test:demo/api", "echo"},
                                            {"direct", "default", "weft:keyvalue/store", "origin"},
                                            {"cached", "default", "weft:keyvalue/store", "cache"},
                                            {"cache", "default", "weft:keyvalue/store", "origin"},
                                            {"cache", "default", "wasi:keyvalue/store", "near"},
                                            {"cache", "default", "wasi:keyvalue/atomics", "near"},
                                            {"cache", "default", "wasi:keyvalue/batch", "near"}}));
    board_.swap(std::move(links), {{"echo", echo_.get()},
                                   {"cache", cache_.get()},
                                   {"origin", origin_.endpoint.get()},
                                   {"near", near_.endpoint.get()}});
    return {};
  }
  Result<contracts::Image> finish(contracts::Invoker& target, contracts::Invocation invocation) {
    Waiting waiting;
    const auto function = invocation.function;
    auto pending = target.invoke(std::move(invocation), waiting);
    if (!waiting.replied) waiting.pending = std::move(pending);
    while (!waiting.replied) (void)thread_.loop.step(std::chrono::seconds(1));
    return std::move(waiting.replied->results).context(function);
  }

  struct Store {
    std::unique_ptr<contracts::Provider> provider;
    std::unique_ptr<contracts::Endpoint> endpoint;
  };
  std::unique_ptr<Log> log_;
  SystemRandom random_;
  engine::Reporter reporter_;
  std::unique_ptr<engine::Engine> engine_;
  engine::Thread thread_;
  Store origin_, near_;
  links::Switchboard board_;
  std::unique_ptr<engine::ComponentShard> front_, echo_, cache_;
  std::unique_ptr<KeptInstance> kept_;
};

}  // namespace weft
