// What engine tests share: one engine per program, a thread of its own per test, callers that
// record.
#pragma once
#include <cstdint>
#include <filesystem>
#include <functional>
#include <initializer_list>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/call/component_shard.h"
#include "engine/engine.h"
#include "engine/thread.h"

namespace weft::engine::test {

// A guest of tests/guests, built by the target `test_guests`: "bad", "lines/bad" with debug
// information, or "wat/tables" from text.
std::string guest_bytes(std::string_view name);

// Where the engines of these tests keep what they compiled, which takes seconds, for each other.
std::filesystem::path compiled_guests();

// Everything logged so far.
class Lines {
 public:
  void add(std::string_view line);
  std::string all() const;
  // How many lines contain `text`.
  int count(std::string_view text) const;

 private:
  mutable std::mutex mutex_;  // reports are written by another thread
  std::vector<std::string> lines_;
};

// Takes the answer to one plain call.
class Taker final : public contracts::Replier {
 public:
  void on_reply(contracts::Reply reply) noexcept override {
    pending.settled();
    results = std::move(reply.results);
    begun = reply.begun;
    ++replies;
  }
  contracts::Pending pending;
  std::optional<Result<contracts::Image>> results;
  int replies = 0;
  bool begun = false;  // as the reply said
};

// The image of numbers one after the other, and the number that an answer consists of.
contracts::Image numbers(std::initializer_list<std::uint32_t> values);
std::uint32_t number(const Taker& taker);

// One HTTP request and what became of it. Gives the guest `body`, then the end with `trailers`;
// drains the response at once unless `stalled`.
class Asker final : public contracts::HttpCaller, public contracts::Replier {
 public:
  void on_head(contracts::HttpCallee& callee, std::uint16_t status,
               std::span<const contracts::Header> headers) override;
  void on_body(std::string_view chunk) override;
  void on_end(std::span<const contracts::Header> trailers) override;
  void on_want(contracts::HttpCallee& callee, std::size_t limit) override;
  void on_reply(contracts::Reply reply) noexcept override;

  // Whether the guest has asked for its body or begun its response.
  bool wants() const { return callee_ != nullptr; }
  // A piece of body for a guest that wants some.
  void give(std::string_view chunk) { callee_->push(chunk, contracts::Body::more, {}); }

  bool over() const { return outcome.has_value(); }
  // "200 hello", or the error's code and message.
  std::string text() const;
  Errc code() const { return outcome && !*outcome ? outcome->error().code : Errc::internal; }

  // Before the call.
  std::string method = "GET";
  std::vector<contracts::Header> headers{{"x-test", "yes"}};
  std::string body;
  std::vector<contracts::Header> trailers;
  bool stalled = false;  // takes no bytes beyond the first credit
  bool silent = false;   // gives no body but that of give()
  // After it.
  contracts::Pending pending;
  std::uint16_t status = 0;
  std::size_t header_count = 0;
  std::string response;
  bool ended = false;
  std::string response_trailers;  // "name: value, "
  int replies = 0;
  std::optional<Result<contracts::Image>> outcome;

 private:
  contracts::HttpCallee* callee_ = nullptr;
};

// Refuses every import.
class NoImports final : public contracts::Invoker {
 public:
  contracts::Pending invoke(contracts::Invocation invocation, contracts::Replier& replier) override;
};

class Rig {
 public:
  explicit Rig(LoopSettings loop = {}, Engine& engine_of_rig = engine());
  ~Rig();

  std::shared_ptr<const Artifact> artifact(std::string_view guest);
  // `change` may edit the spec; the component's id is "app-" and the guest's name.
  std::shared_ptr<const Component> component(
      std::string_view guest, const std::function<void(ComponentSpec&)>& change = {});
  ComponentShard& shard(std::shared_ptr<const Component> component, contracts::Invoker& imports);
  ComponentShard& shard(std::string_view guest,
                        const std::function<void(ComponentSpec&)>& change = {});

  // Begins; the answer may be there already.
  void ask(contracts::Invoker& invoker, Asker& asker, std::string_view path,
           contracts::Context context = {});
  void call(contracts::Invoker& invoker, Taker& taker, std::string_view interface,
            std::string_view function, contracts::Image arguments, contracts::Context context = {});
  // The same, and waits for the end.
  void finish(contracts::Invoker& invoker, Asker& asker, std::string_view path,
              contracts::Context context = {});
  void finish(contracts::Invoker& invoker, Taker& taker, std::string_view interface,
              std::string_view function, contracts::Image arguments,
              contracts::Context context = {});
  // Asks, waits for the end and tells it.
  std::string get(contracts::Invoker& invoker, std::string_view path);
  // Works until `done`; false after ten seconds.
  bool wait(const std::function<bool()>& done);
  // Works until there is nothing to do.
  void drain();

  static Engine& engine();
  Engine& own_engine;
  SystemClock clock;
  SystemRandom random;
  Lines lines;
  Log log;
  std::optional<Reporter> reporter;
  NoImports no_imports;
  std::unique_ptr<Thread> thread;

 private:
  std::vector<std::unique_ptr<ComponentShard>> shards_;
};

}  // namespace weft::engine::test
