// Guests that take their time, on a host whose clock a test moves.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <chrono>

#include "tests/scenarios/scenario.h"

namespace weft::tests {
namespace {

using std::chrono::minutes;
using std::chrono::nanoseconds;
using std::chrono::seconds;

constexpr nanoseconds k_instant{1};
const net::HttpSettings k_http;

std::string raise(std::string_view limit) {
  return fmt::format("; raise `{}` in app.yaml:{}", limit, k_limits_line);
}

TEST_F(HostScenario, answers_for_a_guest_that_slept_half_a_minute_once_that_has_passed) {
  apply({.limits = "response_time: 60s"});
  const auto began = std::chrono::steady_clock::now();
  auto client = ask("/sleep/30000");
  ASSERT_TRUE(waits_for(start_ + seconds(30)));

  pass(seconds(30) - k_instant);
  EXPECT_TRUE(client.hears_nothing());
  clock_.advance(k_instant);

  EXPECT_TRUE(client.read_response().ends_with("slept\n"));
  EXPECT_LT(std::chrono::steady_clock::now() - began, seconds(10)) << "of the real time";
}

TEST_F(HostScenario, ends_a_guest_that_never_answers_at_the_instant_of_its_response_time) {
  apply({.limits = "response_time: 5s"});
  auto client = ask("/sleep/600000");
  ASSERT_TRUE(waits_for(start_ + minutes(10)));

  pass(seconds(5) - k_instant);
  EXPECT_TRUE(client.hears_nothing());
  EXPECT_EQ(guests(), 1u);
  pass(k_instant);

  EXPECT_TRUE(client.read_response().starts_with("HTTP/1.1 504 "));
  EXPECT_TRUE(logged("app-bad exceeded its limit response_time of 5 s" + raise("response_time")));
  EXPECT_EQ(failed(Errc::timed_out), 1u);
  EXPECT_EQ(guests(), 0u);
  EXPECT_TRUE(clock_.wait_for_no_alarm(start_ + minutes(10))) << "its sleep went with it";
}

TEST_F(HostScenario, breaks_a_response_off_at_the_instant_of_its_idle_time) {
  apply({.limits = "idle_time: 7s"});
  auto client = ask("/slow/600000");
  EXPECT_TRUE(client.read_until("\r\n\r\n").starts_with("HTTP/1.1 200 "));
  ASSERT_TRUE(waits_for(start_ + minutes(10)));

  pass(seconds(7) - k_instant);
  EXPECT_TRUE(client.hears_nothing());
  pass(k_instant);

  EXPECT_EQ(client.read_all(), "") << "no end of the body";
  EXPECT_TRUE(client.closed);
  EXPECT_TRUE(logged("app-bad exceeded its limit idle_time of 7 s" + raise("idle_time")));
  EXPECT_EQ(guests(), 0u);
}

TEST_F(HostScenario, lets_a_stream_go_on_as_long_as_something_comes_within_the_idle_time) {
  apply({.limits = "idle_time: 7s"});
  auto client = ask("/slow/6000");

  std::string body;
  for (int chunk = 0; chunk < 10; ++chunk) {
    ASSERT_TRUE(waits_for(start_ + seconds(6 * (chunk + 1)))) << chunk;
    clock_.advance(seconds(6));
    body += client.read_until(fmt::format("chunk {}\n", chunk));
  }

  EXPECT_TRUE(client.read_until("0\r\n\r\n").ends_with("0\r\n\r\n"));
  EXPECT_EQ(failed(Errc::timed_out), 0u);
}

TEST_F(HostScenario, drops_a_sleeping_guest_whose_client_went_away) {
  apply({.limits = "response_time: 60s"});
  auto client = ask("/sleep/30000");
  ASSERT_TRUE(waits_for(start_ + seconds(30)));
  EXPECT_EQ(guests(), 1u);

  client.close();
  ASSERT_TRUE(waits_for(start_ + k_http.probe_after));
  pass(k_http.probe_after);

  EXPECT_TRUE(clock_.wait_for_no_alarm(start_ + seconds(30)));
  EXPECT_EQ(guests(), 0u);
  EXPECT_EQ(component()->counts().in_flight, 0u);
  EXPECT_EQ(failed(Errc::cancelled), 1u);
  EXPECT_EQ(metrics().client_left.value(), 1u);
  EXPECT_EQ(metrics().connections_open.value(), 0u);
}

TEST_F(HostScenario, keeps_a_sleeping_guest_whose_client_only_half_closed) {
  apply({.limits = "response_time: 60s"});
  auto client = ask("/sleep/30000");
  ASSERT_TRUE(waits_for(start_ + seconds(30)));

  client.half_close();
  settle();
  pass(seconds(30));

  EXPECT_TRUE(client.read_until("slept\n").ends_with("slept\n"));
}

TEST_F(HostScenario, drops_a_guest_that_pauses_in_its_answer_when_its_client_went_away) {
  apply({});
  auto client = ask("/slow/600000");
  (void)client.read_until("\r\n\r\n");
  ASSERT_TRUE(waits_for(start_ + minutes(10)));

  client.close();
  ASSERT_TRUE(waits_for(start_ + k_http.probe_after));
  pass(k_http.probe_after);

  EXPECT_TRUE(clock_.wait_for_no_alarm(start_ + minutes(10)));
  EXPECT_EQ(guests(), 0u);
  EXPECT_EQ(metrics().client_left.value(), 1u);
}

// The probe is a zero before the size of the next chunk.
TEST_F(HostScenario, keeps_a_guest_that_pauses_in_its_answer_when_its_client_only_half_closed) {
  apply({});
  auto client = ask("/slow/6000");
  (void)client.read_until("\r\n\r\n");

  client.half_close();
  ASSERT_TRUE(waits_for(start_ + k_http.probe_after));
  pass(k_http.probe_after);
  EXPECT_EQ(client.read_bytes(1), "0");
  for (int chunk = 0; chunk < 10; ++chunk) {
    const auto next = start_ + seconds(6 * (chunk + 1));
    ASSERT_TRUE(waits_for(next)) << chunk;
    pass(next - clock_.now());
    EXPECT_TRUE(client.read_until("\n").ends_with("8\r\n"));
    EXPECT_EQ(client.read_until("\n"), fmt::format("chunk {}\n", chunk));
    EXPECT_EQ(client.read_until("\n"), "\r\n");
  }

  EXPECT_TRUE(client.read_until("0\r\n\r\n").ends_with("0\r\n\r\n"));
  EXPECT_EQ(metrics().client_left.value(), 0u);
}

// Some take what they did not ask for as the answer.
TEST_F(HostScenario, says_nothing_before_its_answer_to_a_client_whose_request_nobody_reads) {
  apply({});
  auto asking = client();
  asking.send("POST /sleep/7000 HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\n" +
              std::string(100'000, 'x'));
  ASSERT_TRUE(waits_for(start_ + seconds(7)));

  for (int second = 0; second < 6; ++second) {
    pass(seconds(1));
    EXPECT_TRUE(asking.hears_nothing()) << second;
  }
  pass(seconds(1));

  EXPECT_TRUE(asking.read_until("\r\n").starts_with("HTTP/1.1 200"));
}

// Nothing can be sent to such a client that is not its answer.
TEST_F(HostScenario, answers_a_client_of_http_1_0_that_half_closed) {
  apply({});
  auto asking = client();
  asking.send("GET /sleep/3000 HTTP/1.0\r\n\r\n");
  asking.half_close();
  ASSERT_TRUE(waits_for(start_ + seconds(3)));

  pass(seconds(3));

  EXPECT_TRUE(asking.read_all().ends_with("slept\n"));
}

TEST_F(HostScenario, drops_a_sleeping_guest_whose_client_of_http_1_0_has_been_gone_for_long) {
  apply({});
  auto asking = client();
  asking.send("GET /sleep/30000 HTTP/1.0\r\n\r\n");
  ASSERT_TRUE(waits_for(start_ + seconds(30)));

  asking.close();
  ASSERT_TRUE(waits_for(start_ + k_http.probe_again));
  pass(k_http.probe_again - k_instant);
  EXPECT_EQ(guests(), 1u);
  pass(k_instant);

  EXPECT_EQ(guests(), 0u);
  EXPECT_EQ(metrics().client_left.value(), 1u);
}

}  // namespace
}  // namespace weft::tests
