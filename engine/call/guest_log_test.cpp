#include "engine/call/guest_log.h"

#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>
#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "base/manual_clock.h"
#include "engine/call/test_rig.h"

namespace weft::engine::test {
namespace {

int taken(LineBudget& budget, int wanted) {
  int taken = 0;
  for (int i = 0; i < wanted; ++i) taken += budget.take() ? 1 : 0;
  return taken;
}

TEST(LineBudget, allows_a_burst_and_counts_what_is_missing) {
  const ManualClock clock;
  LineBudget budget(clock, 200);

  EXPECT_EQ(taken(budget, 1500), 1000);
  EXPECT_EQ(budget.take_missing(), 500u);
  EXPECT_EQ(budget.take_missing(), 0u);
}

TEST(LineBudget, fills_up_again_to_one_burst_at_most) {
  ManualClock clock;
  LineBudget budget(clock, 200);
  (void)taken(budget, 1000);

  clock.advance(std::chrono::seconds(2));
  EXPECT_EQ(taken(budget, 1500), 400);
  clock.advance(std::chrono::hours(1));
  EXPECT_EQ(taken(budget, 1500), 1000);
}

TEST(LineBudget, without_a_limit_allows_everything) {
  const ManualClock clock;
  LineBudget budget(clock, 0);

  EXPECT_EQ(taken(budget, 100'000), 100'000);
  EXPECT_EQ(budget.take_missing(), 0u);
}

class GuestLogTest : public testing::Test {
 protected:
  GuestLogTest()
      : component(rig.component("hello", [](ComponentSpec& spec) { spec.limits.log_lines = 2; })),
        log(std::make_unique<GuestLog>(GuestLog::Parts{.executor = io.get_executor(),
                                                       .clock = clock,
                                                       .log = rig.log,
                                                       .component = *component,
                                                       .counters = component->new_counters(),
                                                       .lines_per_second = 2})) {
    call.request = 0xab;
  }
  void write(std::string_view text, std::string_view context = "cart") {
    log->write(LogLevel::warn, text, {"context", context}, call);
  }
  void pass(std::chrono::milliseconds by) {
    clock.advance(by);
    io.restart();
    io.poll();
  }
  int told() { return rig.lines.count("lines of a component are missing here"); }

  Rig rig;
  ManualClock clock;
  boost::asio::io_context io;
  contracts::Context call;
  std::shared_ptr<const Component> component;
  std::unique_ptr<GuestLog> log;
};

TEST_F(GuestLogTest, writes_level_component_context_request_and_trace) {
  write("two\nlines");

  const auto all = rig.lines.all();
  EXPECT_NE(all.find("warn  two\\nlines component=app-hello context=cart "
                     "request=00000000000000ab trace="),
            std::string::npos)
      << all;
}

TEST_F(GuestLogTest, leaves_out_what_the_host_does_not_log_and_does_not_count_it) {
  for (int i = 0; i < 100; ++i) log->write(LogLevel::trace, "noise", {"context", ""}, call);
  write("signal");

  EXPECT_EQ(rig.lines.count("noise"), 0);
  EXPECT_EQ(rig.lines.count("signal"), 1);
}

TEST_F(GuestLogTest, breaks_a_long_record_between_characters) {
  const std::string text = std::string(4095, 'a') + "\u00fc" + std::string(4, 'b');

  write(text);

  EXPECT_EQ(rig.lines.count("context=cart"), 2);
  EXPECT_EQ(rig.lines.count("\u00fcbbbb component"), 1);
}

TEST_F(GuestLogTest, tells_once_a_second_what_is_missing_and_which_limit_to_raise) {
  for (int i = 0; i < 25; ++i) write("flood");
  EXPECT_EQ(rig.lines.count("flood"), 10);
  EXPECT_EQ(told(), 0);

  pass(std::chrono::milliseconds(1000));

  EXPECT_EQ(told(), 1);
  EXPECT_EQ(rig.lines.count("lines=15"), 1) << rig.lines.all();
  EXPECT_EQ(rig.lines.count("app-hello exceeded its limit log_lines of 2; raise"), 1)
      << rig.lines.all();
  EXPECT_EQ(component->counts().lines_missing, 15u);
  pass(std::chrono::milliseconds(5000));
  EXPECT_EQ(told(), 1);
}

TEST_F(GuestLogTest, tells_a_flood_that_goes_on_once_a_second_only) {
  for (int tenths = 0; tenths < 30; ++tenths) {
    for (int i = 0; i < 50; ++i) write("flood");
    pass(std::chrono::milliseconds(100));
  }

  EXPECT_GE(told(), 2);
  EXPECT_LE(told(), 3);
  EXPECT_LE(rig.lines.count("flood"), 16);
}

TEST_F(GuestLogTest, tells_at_its_end_what_was_not_told_yet) {
  for (int i = 0; i < 11; ++i) write("flood");

  log.reset();

  EXPECT_EQ(rig.lines.count("lines=1 "), 1) << rig.lines.all();
}

}  // namespace
}  // namespace weft::engine::test
