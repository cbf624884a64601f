#include <gtest/gtest.h>
#include <time.h>

#include <boost/asio/post.hpp>
#include <chrono>
#include <memory>
#include <vector>

#include "engine/call/test_rig.h"

namespace weft::engine::test {
namespace {

using Steady = std::chrono::steady_clock;
using std::chrono::milliseconds;

TEST(Cancel, drops_a_guest_that_sleeps_at_once) {
  Rig rig;
  auto& bad = rig.shard("bad");
  Asker asker;
  rig.ask(bad, asker, "/sleep/30000");
  rig.drain();

  const auto begin = Steady::now();
  asker.pending.cancel();

  EXPECT_LT(Steady::now() - begin, milliseconds(100));
  EXPECT_EQ(bad.in_flight(), 0u);
  EXPECT_EQ(rig.thread->pool.running(), 0u);
  EXPECT_EQ(bad.component().counts().errors[static_cast<std::size_t>(Errc::cancelled)], 1u);
  rig.drain();
  EXPECT_FALSE(rig.thread->loop.step(milliseconds(50))) << "something of it goes on";
  EXPECT_FALSE(asker.over());
}

TEST(Cancel, drops_a_guest_that_computes_between_two_slices) {
  Rig rig;
  auto& bad = rig.shard("bad");
  Asker asker;
  rig.ask(bad, asker, "/loop");
  EXPECT_TRUE(rig.wait([&rig] { return rig.thread->loop.busy(); }));

  const auto begin = Steady::now();
  asker.pending.cancel();

  EXPECT_LT(Steady::now() - begin, milliseconds(100));
  EXPECT_FALSE(rig.thread->loop.busy());
  EXPECT_EQ(rig.thread->pool.running(), 0u);
}

TEST(Cancel, of_ten_thousand_guests_leaves_no_place_taken) {
  Rig rig;
  auto& bad = rig.shard("bad");

  for (int i = 0; i < 10'000; ++i) {
    Asker asker;
    rig.ask(bad, asker, "/sleep/30000");
    asker.pending.cancel();
  }

  EXPECT_EQ(rig.thread->pool.running(), 0u);
  EXPECT_EQ(rig.get(bad, "/hello").substr(0, 3), "200");
}

// CPU time of this thread, which is what guests take from each other: other programs on the machine
// cost none of it.
std::chrono::nanoseconds cpu_time() {
  timespec used{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &used);
  return std::chrono::seconds(used.tv_sec) + std::chrono::nanoseconds(used.tv_nsec);
}

// Hello is asked again and again while loops compute on the same thread.
TEST(Fairness, a_hundred_endless_loops_leave_hello_its_share) {
  Rig rig;
  auto& bad = rig.shard("bad");
  auto& hello = rig.shard("hello");
  std::vector<std::unique_ptr<Asker>> loops;
  const auto flood = cpu_time();
  for (int i = 0; i < 100; ++i) {
    rig.ask(bad, *loops.emplace_back(std::make_unique<Asker>()), "/loop");
  }
  const auto flooded = cpu_time() - flood;

  int slow = 0;
  for (int i = 0; i < 100; ++i) {
    Asker asker;
    bool posted = false;
    const auto begin = cpu_time();
    boost::asio::post(rig.thread->loop.io(), [&] {
      posted = true;
      rig.ask(hello, asker, "/");
    });
    // The thread works on as if it were serving: one slice, then whatever else is ready.
    while (!posted || !asker.over()) rig.thread->loop.step(milliseconds(5));
    rig.thread->loop.step(milliseconds(0));
    if (cpu_time() - begin > milliseconds(30)) ++slow;
  }

  // One loop took its first slice in the foreground, the others were known by then.
  EXPECT_LT(flooded, milliseconds(60));
  // Behind a slice for each of the loops all of them would be. On a machine so busy that the ticker
  // comes late a slice may be long.
  EXPECT_LE(slow, 5);
  const auto begin = cpu_time();
  for (auto& loop : loops) loop->pending.cancel();
  EXPECT_LT(cpu_time() - begin, milliseconds(100));
  EXPECT_EQ(rig.thread->pool.running(), 0u);
}

TEST(Fairness, short_calls_of_a_component_that_also_loops_go_before_its_loops) {
  Rig rig;
  auto& bad = rig.shard("bad");
  std::vector<std::unique_ptr<Asker>> loops;
  for (int i = 0; i < 50; ++i) {
    rig.ask(bad, *loops.emplace_back(std::make_unique<Asker>()), "/loop");
  }
  // Every loop gets its first slice.
  for (int i = 0; i < 120; ++i) rig.thread->loop.step(milliseconds(0));

  const auto begin = cpu_time();
  const auto text = rig.get(bad, "/hello");

  EXPECT_EQ(text.substr(0, 3), "200");
  EXPECT_LT(cpu_time() - begin, milliseconds(100));
}

}  // namespace
}  // namespace weft::engine::test
