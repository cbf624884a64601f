// The engine has fewer places than its threads believe: so many threads, each with a place, that
// the pool is full before the gates are.
#include <gtest/gtest.h>

#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "engine/test_rig.h"

namespace weft::engine::test {
namespace {

constexpr std::string_view k_api = "test:demo/api@0.1.0";
constexpr std::size_t k_crowd = 24;  // more than such an engine has places, its slack included

class FullEngineTest : public testing::Test {
 protected:
  // One guest asleep on each thread until the engine has no place left; the last thread has none.
  void SetUp() override {
    for (std::size_t thread = 0; thread < k_crowd; ++thread) {
      auto& rig = *rigs_.emplace_back(std::make_unique<Rig>(LoopSettings{}, *engine_));
      auto& sleeper = sleepers_.emplace_back();
      rig.ask(rig.shard("bad"), sleeper, "/sleep/600000");
      if (rig.thread->guests.was_full()) break;
    }
    ASSERT_LT(rigs_.size(), k_crowd) << "the engine was never full";
    sleepers_.back().pending.cancel();
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

  SystemClock clock_;
  Log log_{{}, clock_, [](std::string_view) {}};
  std::unique_ptr<Engine> engine_ = *Engine::open({.threads = 1, .guests = 1}, log_);
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

// The guest whose caller goes away has just been woken: its next run is due on its own thread.
TEST_F(FullEngineTest, gives_the_place_of_a_cancelled_guest_away_though_a_run_of_it_is_due) {
  end_one();
  Asker reader;
  reader.silent = true;
  rigs_.front()->ask(rigs_.front()->shard("bad"), reader, "/sink");
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
