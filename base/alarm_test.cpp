#include "base/alarm.h"

#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>
#include <thread>

#include "base/manual_clock.h"

namespace weft {
namespace {

using std::chrono::seconds;

class AlarmTest : public testing::Test {
 protected:
  // Runs what is due on the alarms' thread, which is this one.
  void turn() {
    io_.restart();
    io_.poll();
  }
  auto executor() { return io_.get_executor(); }

  boost::asio::io_context io_;
  ManualClock clock_;
  const MonotonicTime start_ = clock_.now();
  int rung_ = 0;
};

TEST_F(AlarmTest, rings_once_at_its_moment_and_not_before) {
  Alarm alarm(executor(), clock_, [this] { ++rung_; });
  alarm.set(start_ + seconds(30));

  clock_.advance(seconds(30) - std::chrono::nanoseconds(1));
  turn();
  EXPECT_EQ(rung_, 0);
  EXPECT_EQ(alarm.at(), start_ + seconds(30));
  clock_.advance(std::chrono::nanoseconds(1));
  turn();

  EXPECT_EQ(rung_, 1);
  EXPECT_EQ(alarm.at(), MonotonicTime::max());
  clock_.advance(seconds(30));
  turn();
  EXPECT_EQ(rung_, 1);
}

TEST_F(AlarmTest, set_to_the_past_rings_soon_but_not_at_once) {
  Alarm alarm(executor(), clock_, [this] { ++rung_; });

  alarm.set(start_);
  EXPECT_EQ(rung_, 0);
  turn();

  EXPECT_EQ(rung_, 1);
}

TEST_F(AlarmTest, set_again_keeps_only_the_later_word) {
  Alarm alarm(executor(), clock_, [this] { ++rung_; });
  alarm.set(start_ + seconds(1));
  clock_.advance(seconds(1));  // on its way, not rung

  alarm.set(start_ + seconds(5));
  turn();
  EXPECT_EQ(rung_, 0);
  clock_.advance(seconds(4));
  turn();

  EXPECT_EQ(rung_, 1);
}

TEST_F(AlarmTest, does_not_ring_once_it_is_cancelled_or_gone_even_when_it_was_on_its_way) {
  Alarm cancelled(executor(), clock_, [this] { ++rung_; });
  auto gone = std::make_unique<Alarm>(executor(), clock_, [this] { ++rung_; });
  cancelled.set(start_ + seconds(1));
  gone->set(start_ + seconds(1));
  clock_.advance(seconds(1));

  cancelled.cancel();
  gone.reset();
  turn();

  EXPECT_EQ(rung_, 0);
}

TEST_F(AlarmTest, may_end_or_be_set_again_while_it_rings) {
  std::optional<Alarm> once;
  once.emplace(executor(), clock_, [&] { once.reset(); });
  Alarm twice(executor(), clock_, [&] {
    if (++rung_ == 1) twice.set(clock_.now() + seconds(1));
  });
  once->set(start_ + seconds(1));
  twice.set(start_ + seconds(1));

  clock_.advance(seconds(1));
  turn();
  clock_.advance(seconds(1));
  turn();

  EXPECT_FALSE(once);
  EXPECT_EQ(rung_, 2);
}

TEST_F(AlarmTest, several_ring_in_the_order_of_their_moments) {
  std::string order;
  Alarm late(executor(), clock_, [&] { order += "late "; });
  Alarm early(executor(), clock_, [&] { order += "early "; });
  late.set(start_ + seconds(2));
  early.set(start_ + seconds(1));

  clock_.advance(seconds(3));
  turn();

  EXPECT_EQ(order, "early late ");
}

TEST_F(AlarmTest, of_the_system_clock_rings_by_the_systems_timers) {
  const SystemClock system;
  Alarm early(executor(), system, [this] { ++rung_; });
  Alarm cancelled(executor(), system, [this] { rung_ += 100; });
  auto gone = std::make_unique<Alarm>(executor(), system, [this] { rung_ += 100; });
  const auto at = system.now() + std::chrono::milliseconds(1);
  early.set(at + seconds(60));
  early.set(at);
  cancelled.set(at);
  gone->set(at);
  cancelled.cancel();
  gone.reset();

  io_.run();  // until nothing waits

  EXPECT_EQ(rung_, 1);
  EXPECT_GE(system.now(), at);
}

TEST_F(AlarmTest, of_another_thread_can_be_waited_for) {
  std::thread other([this] {
    Alarm alarm(executor(), clock_, [this] { ++rung_; });
    alarm.set(start_ + seconds(7));
    io_.run_one();
  });
  EXPECT_TRUE(clock_.wait_for_alarm(start_ + seconds(7)));

  clock_.advance(seconds(7));
  other.join();

  EXPECT_TRUE(clock_.wait_for_no_alarm(start_ + seconds(7)));
  EXPECT_EQ(rung_, 1);
}

}  // namespace
}  // namespace weft
