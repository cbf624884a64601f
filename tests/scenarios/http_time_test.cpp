// Clients that take their time, on a host whose clock a test moves.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <chrono>
#include <cstdint>

#include "tests/scenarios/scenario.h"

namespace weft::tests {
namespace {

using std::chrono::hours;
using std::chrono::nanoseconds;
using std::chrono::seconds;

constexpr nanoseconds k_instant{1};
const net::HttpSettings k_http;

TEST_F(HostScenario, closes_a_connection_without_a_word_when_no_head_begins_in_time) {
  apply({});
  auto silent = client();
  ASSERT_TRUE(waits_for(start_ + k_http.head_timeout));

  pass(k_http.head_timeout - k_instant);
  EXPECT_TRUE(silent.hears_nothing());
  clock_.advance(k_instant);

  EXPECT_EQ(silent.read_all(), "");
  EXPECT_TRUE(silent.closed);
}

TEST_F(HostScenario, answers_408_when_a_head_does_not_end_in_time) {
  apply({});
  auto slow = client();
  slow.send("GET /hello HTTP/1.1\r\nHost: a\r\n\r\nGET /he");
  EXPECT_TRUE(slow.read_response().starts_with("HTTP/1.1 200 "));
  settle();

  pass(k_http.head_timeout - k_instant);
  EXPECT_TRUE(slow.hears_nothing());
  clock_.advance(k_instant);

  EXPECT_TRUE(slow.read_response().starts_with("HTTP/1.1 408 "));
  (void)slow.read_all();
  EXPECT_TRUE(slow.closed);
}

TEST_F(HostScenario, gives_a_head_that_drips_no_more_time) {
  apply({});
  auto slow = client();
  slow.send("GET /hello HTTP/1.1\r\nHost: a\r\nX: ");
  ASSERT_TRUE(waits_for(start_ + k_http.head_timeout));
  settle();
  for (int second = 1; second <= 9; ++second) {
    pass(seconds(1));
    slow.send("a");
    settle();
  }

  pass(k_http.head_timeout - seconds(9) - k_instant);
  EXPECT_TRUE(slow.hears_nothing());
  clock_.advance(k_instant);

  EXPECT_TRUE(slow.read_response().starts_with("HTTP/1.1 408 "));
  EXPECT_EQ(component()->counts().calls, 0u);
}

// A client whose request body does not come as fast as it must.
class SlowBody : public HostScenario {
 protected:
  // Not yet, and one instant later, with its guest gone for this reason.
  void expect_408_in_an_instant(RawClient& slow, Errc why) {
    EXPECT_TRUE(slow.hears_nothing());
    EXPECT_EQ(guests(), 1u);
    pass(k_instant);

    EXPECT_TRUE(slow.read_response().starts_with("HTTP/1.1 408 "));
    EXPECT_EQ(guests(), 0u);
    EXPECT_EQ(failed(why), 1u);
  }
  // How long a body of so many bytes may be waited for in all.
  static nanoseconds allowed(std::uint64_t bytes, std::uint64_t rate) {
    return contracts::k_body_grace + nanoseconds(bytes * 1'000'000'000 / rate);
  }
};

TEST_F(SlowBody, answers_408_and_drops_the_guest_when_a_body_comes_too_slowly) {
  apply({.limits = "idle_time: 1h"});
  auto slow = client();
  slow.send("POST /sink HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\n12345");
  const auto time = allowed(5, contracts::Limits().body_rate);
  ASSERT_TRUE(waits_for(start_ + time)) << "the guest waits for the body";
  settle();

  pass(time - k_instant);
  expect_408_in_an_instant(slow, Errc::timed_out);
  EXPECT_TRUE(
      logged("the body of a request to app-bad fell below its limit body_rate of 240 B/s; "
             "lower it by `body_rate` in a `limits` trait of the component"));
}

TEST_F(SlowBody, gives_a_body_that_drips_no_more_time_than_its_bytes_earn) {
  apply({.limits = "idle_time: 1h, body_rate: 50B/s"});
  auto slow = client();
  slow.send("POST /sink HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\n");
  ASSERT_TRUE(waits_for(start_ + contracts::k_body_grace)) << "the guest waits for the body";
  settle();
  for (int second = 1; second <= 4; ++second) {
    clock_.advance(seconds(1));
    slow.send("x");
    settle();
  }

  pass(allowed(4, 50) - seconds(4) - k_instant);
  expect_408_in_an_instant(slow, Errc::timed_out);
  EXPECT_TRUE(logged(fmt::format("lower `body_rate` in app.yaml:{}", k_limits_line)));
}

TEST_F(SlowBody, takes_any_time_where_no_rate_is_asked_for) {
  apply({.limits = "response_time: 1h, idle_time: 20s, body_rate: 0"});
  auto slow = client();
  slow.send("POST /sink HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\n");
  ASSERT_TRUE(waits_for(start_ + seconds(20))) << "the guest waits for the body";
  settle();

  for (int byte = 0; byte < 3; ++byte) {
    pass(seconds(19));
    slow.send("x");
    settle();
  }

  EXPECT_TRUE(slow.read_response().starts_with("HTTP/1.1 200 "));
}

TEST_F(SlowBody, answers_408_and_drops_the_guest_when_a_body_does_not_go_on_in_time) {
  apply({.limits = "response_time: 1h, idle_time: 1h, body_rate: 0"});
  auto slow = client();
  slow.send("POST /sink HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\n12345");
  ASSERT_TRUE(waits_for(start_ + hours(1))) << "the guest waits for the body";
  settle();
  // The connection's alarm is still set to the head's time: it looks again then.
  clock_.advance(k_http.head_timeout);
  ASSERT_TRUE(waits_for(start_ + k_http.body_timeout));

  pass(k_http.body_timeout - k_http.head_timeout - k_instant);
  expect_408_in_an_instant(slow, Errc::cancelled);
}

TEST_F(HostScenario, lets_a_body_come_slowly_once_the_answer_has_begun) {
  apply({.limits = "response_time: 1h, idle_time: 1h"});
  auto talking = client();
  talking.send("POST /talk HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\n12345");
  EXPECT_TRUE(talking.read_until("listening\r\n").starts_with("HTTP/1.1 200 "));
  settle();

  pass(2 * contracts::k_body_grace);
  EXPECT_TRUE(talking.hears_nothing());
  EXPECT_EQ(guests(), 1u);
  pass(k_http.body_timeout);

  (void)talking.read_all();
  EXPECT_TRUE(talking.closed);
  EXPECT_EQ(guests(), 0u);
}

TEST_F(HostScenario, closes_a_kept_connection_after_its_idle_time) {
  apply({});
  auto kept = ask("/hello");
  EXPECT_TRUE(kept.read_response().starts_with("HTTP/1.1 200 "));
  settle();
  clock_.advance(k_http.head_timeout);
  ASSERT_TRUE(waits_for(start_ + k_http.idle_timeout));

  pass(k_http.idle_timeout - k_http.head_timeout - k_instant);
  EXPECT_TRUE(kept.hears_nothing());
  clock_.advance(k_instant);

  EXPECT_EQ(kept.read_all(), "");
  EXPECT_TRUE(kept.closed);
}

// A guest that streams without end to a client that takes its time.
class StalledPeer : public HostScenario {
 protected:
  static constexpr std::size_t k_mib = 1 << 20;

  // The client has a request behind it, so that its connection's alarm stands where it matters; it
  // reads the head of the response and no more. Returns when writing to it waits.
  RawClient stall() {
    apply({.limits = "idle_time: 1h"});
    auto peer = ask("/hello");
    EXPECT_TRUE(peer.read_response().starts_with("HTTP/1.1 200 "));
    settle();
    clock_.advance(k_http.head_timeout);
    EXPECT_TRUE(waits_for(start_ + k_http.idle_timeout));
    peer.send("GET /stream/0 HTTP/1.1\r\nHost: a\r\n\r\n");
    EXPECT_TRUE(waits_for(clock_.now() + k_http.write_timeout));
    return peer;
  }
};

TEST_F(StalledPeer, holds_its_guest_back_and_is_given_up_after_the_write_time_out) {
  auto peer = stall();

  pass(k_http.write_timeout - k_instant);
  EXPECT_EQ(guests(), 1u);
  pass(k_instant);

  EXPECT_EQ(guests(), 0u);
  EXPECT_EQ(failed(Errc::cancelled), 1u);
  EXPECT_EQ(metrics().client_left.value(), 1u);
  EXPECT_LT(metrics().bytes_out.value(), k_mib) << "made by a guest that never stops by itself";
  EXPECT_LT(peer.read_all().size(), k_mib);
  EXPECT_TRUE(peer.closed);
}

TEST_F(StalledPeer, is_waited_for_anew_once_it_has_taken_some) {
  auto peer = stall();
  const auto first = clock_.now() + k_http.write_timeout;
  pass(k_http.write_timeout - seconds(1));

  EXPECT_EQ(peer.read_bytes(k_mib).size(), k_mib);
  settle();
  pass(seconds(1));

  EXPECT_EQ(clock_.now(), first);
  EXPECT_EQ(guests(), 1u);
  EXPECT_TRUE(waits_for(first - seconds(1) + k_http.write_timeout));
}

}  // namespace
}  // namespace weft::tests
