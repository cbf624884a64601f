// A host that drains, or changes, while calls are under way.
#include <gtest/gtest.h>

#include <chrono>

#include "tests/scenarios/scenario.h"

namespace weft::tests {
namespace {

using std::chrono::minutes;
using std::chrono::nanoseconds;
using std::chrono::seconds;

constexpr nanoseconds k_instant{1};

TEST_F(HostScenario, drains_by_finishing_answers_until_the_deadline_and_not_after_it) {
  apply({.limits = "response_time: 1h"});
  auto quick = ask("/sleep/10000");
  auto endless = ask("/sleep/600000");
  auto idle = ask("/hello");
  EXPECT_TRUE(idle.read_response().starts_with("HTTP/1.1 200 "));
  ASSERT_TRUE(waits_for(start_ + seconds(10)));
  ASSERT_TRUE(waits_for(start_ + minutes(10)));

  const Meanwhile drained(clock_, [&] { host_->drain(); });
  ASSERT_TRUE(waits_for(start_ + seconds(30))) << "the deadline";
  EXPECT_FALSE(network_.connect("127.0.0.1:80")) << "no new connections";
  EXPECT_EQ(idle.read_all(), "");
  clock_.advance(seconds(10));
  const auto answer = quick.read_all();
  EXPECT_TRUE(answer.starts_with("HTTP/1.1 200 ")) << answer;
  EXPECT_NE(answer.find("connection: close"), std::string::npos) << answer;
  EXPECT_TRUE(answer.ends_with("slept\n")) << answer;

  pass(seconds(20) - k_instant);
  EXPECT_TRUE(endless.hears_nothing());
  EXPECT_FALSE(drained.is_over());
  clock_.advance(k_instant);

  EXPECT_EQ(endless.read_all(), "");
  EXPECT_TRUE(endless.closed);
  EXPECT_TRUE(drained.ends());
  EXPECT_EQ(guests(), 0u);
}

TEST_F(HostScenario, finishes_a_sleeping_call_on_the_component_that_an_edit_replaced) {
  apply({.limits = "response_time: 1h"});
  const auto before = component();
  auto sleeper = ask("/sleep/20000");
  ASSERT_TRUE(waits_for(start_ + seconds(20)));

  const Meanwhile applied(
      clock_, [&] { apply({.limits = "response_time: 2h", .address = "127.0.0.1:81"}); });
  ASSERT_TRUE(network_.wait_for_listener("127.0.0.1:81"));
  auto other = ask("/hello", "127.0.0.1:81");
  EXPECT_TRUE(other.read_response().starts_with("HTTP/1.1 200 "));
  EXPECT_EQ(before->counts().calls, 1u) << "the new one answered";
  EXPECT_EQ(before->counts().in_flight, 1u);
  EXPECT_FALSE(applied.is_over());
  clock_.advance(seconds(20));

  EXPECT_TRUE(sleeper.read_until("slept\n").ends_with("slept\n"));
  ASSERT_TRUE(applied.ends());
  EXPECT_NE(component(), before);
  EXPECT_EQ(component()->counts().calls, 1u);
  EXPECT_EQ(host_->deployment().components().size(), 1u);
  EXPECT_FALSE(network_.connect("127.0.0.1:80")) << "the old address is let go";
}

TEST_F(HostScenario, ends_a_call_that_outlasts_the_drain_of_the_component_that_an_edit_replaced) {
  apply({.limits = "response_time: 1h"});
  auto sleeper = ask("/sleep/600000");
  ASSERT_TRUE(waits_for(start_ + minutes(10)));

  const Meanwhile applied(clock_, [&] { apply({.limits = "response_time: 2h"}); });
  ASSERT_TRUE(waits_for(start_ + seconds(30))) << "the deadline";
  pass(seconds(30) - k_instant);
  EXPECT_TRUE(sleeper.hears_nothing());
  EXPECT_EQ(guests(), 1u);
  EXPECT_FALSE(applied.is_over());
  clock_.advance(k_instant);

  EXPECT_TRUE(sleeper.read_response().starts_with("HTTP/1.1 503 "));
  ASSERT_TRUE(applied.ends());
  EXPECT_EQ(guests(), 0u);
  EXPECT_EQ(host_->deployment().components().size(), 1u);
}

}  // namespace
}  // namespace weft::tests
