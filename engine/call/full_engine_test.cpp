// The engine has fewer places than its threads believe: so many threads, each with a place, that
// the pool is full before the gates are.
#include <gtest/gtest.h>

#include <charconv>
#include <cstdint>
#include <cstring>
#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "engine/call/test_rig.h"

namespace weft::engine::test {
namespace {

constexpr std::string_view k_api = "test:demo/api@0.1.0";
constexpr std::size_t k_crowd = 24;  // more than such an engine has places, its slack included

// Two modules with a memory each; the first calls the import as it starts:
//
//   (component
//     (import "test:demo/touch@0.1.0" (instance (export "touch" (func))))
//     (alias export 0 "touch" (func))
//     (core func (canon lower (func 0)))
//     (core module (import "" "touch" (func)) (memory 1) (start 0))
//     (core module (memory 1) (func (export "run")))
//     (core instance (export "touch" (func 0)))
//     (core instance (instantiate 0 (with "" (instance 0))))
//     (core instance (instantiate 1))
//     (alias core export 2 "run" (core func))
//     (func (canon lift (core func 1)))
//     (export "run" (func 1)))
constexpr std::string_view k_halves =
    "0061736d0d00010007120142020140000100040005746f75636801000a1a010015746573743a64656d6f"
    "2f746f75636840302e312e300500060a0101000005746f7563680805010100000001220061736d010000"
    "00010401600000020a010005746f7563680000050301000108010001260061736d010000000104016000"
    "000302010005030100010707010372756e00000a040102000b021403010105746f756368000000000100"
    "1200000100060901000001020372756e0705014000010008060100000100010b0901000372756e010100";

std::string from_hex(std::string_view hex) {
  std::string bytes;
  for (; !hex.empty(); hex.remove_prefix(2)) {
    std::uint8_t byte = 0;
    std::from_chars(hex.data(), hex.data() + 2, byte, 16);
    bytes.push_back(static_cast<char>(byte));
  }
  return bytes;
}

// Does whatever a guest asks for.
class Doer final : public contracts::Invoker {
 public:
  contracts::Pending invoke(contracts::Invocation, contracts::Replier& replier) override {
    ++calls;
    replier.on_reply({contracts::Image()});
    return {};
  }
  int calls = 0;
};

class FullEngineTest : public testing::Test {
 protected:
  // One guest asleep on each thread until the engine has no place left; the last thread has none.
  void SetUp() override {
    open_engine();
    fill(k_crowd);
    ASSERT_LT(rigs_.size(), k_crowd) << "the engine was never full";
    sleepers_.back().pending.cancel();
  }
  void open_engine() {
    engine_ = *Engine::open({.threads = 1, .guests = 1, .cache = compiled_guests()}, log_);
  }
  void fill(std::size_t most) {
    for (std::size_t thread = 0; thread < most; ++thread) {
      auto& rig = *rigs_.emplace_back(std::make_unique<Rig>(LoopSettings{}, *engine_));
      auto& sleeper = sleepers_.emplace_back();
      rig.ask(rig.shard("bad"), sleeper, "/sleep/600000");
      if (rig.thread->guests.was_full()) break;
    }
  }
  void TearDown() override {
    for (auto& sleeper : sleepers_) sleeper.pending.cancel();
    rigs_.clear();
  }
  Rig& last() { return *rigs_.back(); }
  void end_one() { sleepers_.front().pending.cancel(); }
  void end_all() {
    for (auto& sleeper : sleepers_) sleeper.pending.cancel();
  }

  std::shared_ptr<const Component> halves() {
    auto loaded = engine_->load(from_hex(k_halves), "halves");
    if (!loaded) ADD_FAILURE() << loaded.error().message;
    auto opened =
        Component::open({.id = ComponentId("halves"), .artifact = *std::move(loaded)}, *engine_);
    if (!opened) ADD_FAILURE() << opened.error().message;
    return *std::move(opened);
  }

  SystemClock clock_;
  Log log_{{}, clock_, [](std::string_view) {}};
  std::unique_ptr<Engine> engine_;
  std::vector<std::unique_ptr<Rig>> rigs_;
  std::deque<Asker> sleepers_;
};

TEST_F(FullEngineTest, makes_a_request_wait_until_a_guest_of_another_thread_has_ended) {
  auto& hello = last().shard("hello");
  Asker asker;
  last().ask(hello, asker, "/");
  last().drain();
  EXPECT_FALSE(asker.over());
  EXPECT_EQ(hello.component().counts().waiting, 1u);

  end_one();

  EXPECT_TRUE(last().wait([&] { return asker.over(); }));
  EXPECT_EQ(asker.text().substr(0, 9), "200 hello");
  EXPECT_EQ(hello.component().counts().waiting, 0u);
  EXPECT_EQ(last().thread->pool.running(), 0u);
}

TEST_F(FullEngineTest, makes_a_plain_call_wait_with_its_arguments) {
  auto& echo = last().shard("echo");
  Taker taker;
  contracts::Image arguments(8);
  arguments.data()[0] = std::byte{40};
  arguments.data()[4] = std::byte{2};
  last().call(echo, taker, k_api, "add", std::move(arguments));
  last().drain();
  EXPECT_FALSE(taker.results);

  end_one();

  EXPECT_TRUE(last().wait([&] { return taker.results.has_value(); }));
  ASSERT_TRUE(*taker.results) << taker.results->error().message;
  EXPECT_EQ((*taker.results)->data()[0], std::byte{42});
}

TEST_F(FullEngineTest, makes_the_first_call_that_ever_meets_it_wait_with_large_arguments) {
  const auto places = rigs_.size() - 1;
  TearDown();
  sleepers_.clear();
  open_engine();
  fill(places);
  ASSERT_FALSE(last().thread->guests.was_full());
  auto& rig = *rigs_.emplace_back(std::make_unique<Rig>(LoopSettings{}, *engine_));
  auto& echo = rig.shard("echo");
  constexpr std::uint32_t size = 100'000;
  contracts::Image arguments(8 + size);
  constexpr std::uint32_t at = 8;
  std::memcpy(arguments.data(), &at, 4);
  std::memcpy(arguments.data() + 4, &size, 4);
  std::memset(arguments.data() + at, 'x', size);
  Taker taker;
  rig.call(echo, taker, k_api, "bytes", std::move(arguments));
  rig.drain();
  EXPECT_FALSE(taker.results);

  end_one();

  EXPECT_TRUE(rig.wait([&] { return taker.results.has_value(); }));
  ASSERT_TRUE(*taker.results) << taker.results->error().message;
  EXPECT_EQ((*taker.results)->size(), 8 + size);
}

// The guest whose caller goes away has just been woken: its next run is due on its own thread.
TEST_F(FullEngineTest, gives_the_place_of_a_cancelled_guest_away_though_a_run_of_it_is_due) {
  end_one();
  Asker reader;
  reader.silent = true;
  rigs_.front()->ask(rigs_.front()->shard("bad"), reader, "/sink");
  // On a busy machine its first run may be cut short before it reads.
  ASSERT_TRUE(rigs_.front()->wait([&] { return reader.wants(); }));
  auto& hello = last().shard("hello");
  Asker asker;
  last().ask(hello, asker, "/");
  last().drain();
  ASSERT_FALSE(asker.over());

  reader.give("some");
  reader.pending.cancel();
  last().drain();

  EXPECT_EQ(asker.text().substr(0, 9), "200 hello");
  rigs_.front()->drain();
}

// One place is left. The first part of the component takes it and calls out; there is none for the
// second.
TEST_F(FullEngineTest, does_not_start_a_guest_again_that_had_called_out_before_it_found_no_place) {
  end_one();
  Doer doer;
  auto& parts = last().shard(halves(), doer);
  Taker taker;

  last().finish(parts, taker, "", "run", {});

  ASSERT_TRUE(taker.results && !*taker.results);
  EXPECT_EQ(taker.results->error().code, Errc::unavailable);
  EXPECT_EQ(doer.calls, 1);
  EXPECT_EQ(last().thread->pool.running(), 0u);
  EXPECT_TRUE(last().lines.all().empty()) << last().lines.all();
}

TEST_F(FullEngineTest, starts_a_guest_of_several_parts_once_there_is_a_place_for_each) {
  end_one();
  sleepers_[1].pending.cancel();
  Doer doer;
  auto& parts = last().shard(halves(), doer);
  Taker taker;

  last().finish(parts, taker, "", "run", {});

  ASSERT_TRUE(taker.results);
  EXPECT_TRUE(*taker.results) << taker.results->error().message;
  EXPECT_EQ(doer.calls, 1);
}

TEST_F(FullEngineTest, ends_a_waiting_call_at_its_limit) {
  auto& hello =
      last().shard("hello", [](ComponentSpec& spec) { spec.limits.response_time = 20'000'000; });
  Asker asker;

  last().finish(hello, asker, "/");

  EXPECT_EQ(asker.code(), Errc::timed_out);
  EXPECT_EQ(last().thread->pool.waiting(), 0u);
  EXPECT_EQ(last().thread->pool.running(), 0u);
}

TEST_F(FullEngineTest, refuses_those_who_find_the_queue_of_their_component_full) {
  auto& hello = last().shard("hello", [](ComponentSpec& spec) {
    spec.limits.calls = 1;
    spec.limits.waiting = 1;
  });
  Asker first, second, third;

  last().ask(hello, first, "/");
  last().ask(hello, second, "/");
  last().ask(hello, third, "/");

  EXPECT_TRUE(third.over());
  EXPECT_EQ(third.code(), Errc::unavailable);
  end_all();
  EXPECT_TRUE(last().wait([&] { return first.over() && second.over(); }));
  EXPECT_EQ(first.text().substr(0, 9), "200 hello");
  EXPECT_EQ(second.text().substr(0, 9), "200 hello");
}

TEST_F(FullEngineTest, refuses_a_call_that_could_only_wait_for_its_own_callers) {
  auto& echo = last().shard("echo");
  contracts::Context context;
  context.hops = 1;
  Taker taker;

  last().finish(echo, taker, k_api, "add", contracts::Image(8), context);

  ASSERT_FALSE(*taker.results);
  EXPECT_EQ(taker.results->error().code, Errc::unavailable);
  EXPECT_EQ(last().thread->pool.running(), 0u);
}

}  // namespace
}  // namespace weft::engine::test
