// What a call is told when NATS, or the way to it, fails.
#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "contracts/keyvalue/capabilities.h"
#include "providers/keyvalue_nats/keyvalue_nats.h"
#include "tests/contracts/keyvalue_provider.h"
#include "tests/support/fault_proxy.h"
#include "tests/support/nats_server.h"

namespace weft::providers::keyvalue_nats {
namespace {

namespace kv = contracts::keyvalue;
using namespace std::chrono_literals;
using tests::bytes;
using tests::FaultProxy;
using tests::KeyValueCall;
using tests::KeyValueProvider;
using tests::NatsServer;
using SteadyClock = std::chrono::steady_clock;

std::string local(std::uint16_t port) { return "nats://127.0.0.1:" + std::to_string(port); }

contracts::Settings settings(std::uint16_t port) {
  return {{"cluster_uri", local(port)}, {"bucket", "b"}, {"enable_bucket_auto_create", "true"}};
}

contracts::Context within(std::chrono::milliseconds time) {
  contracts::Context context;
  context.deadline = SteadyClock::now() + time;
  return context;
}

class NatsFaults : public testing::Test {
 protected:
  std::unique_ptr<KeyValueCall> begin(std::string_view function, std::chrono::milliseconds time) {
    return std::make_unique<KeyValueCall>(*store.user, within(time), function, kv::Item{"b", "k"});
  }
  std::unique_ptr<KeyValueCall> begin_set(std::string_view value, std::chrono::milliseconds time) {
    return std::make_unique<KeyValueCall>(*store.user, within(time), "set", kv::Item{"b", "k"},
                                          bytes(value));
  }
  // Whether a call succeeds within so much time.
  bool works(std::chrono::milliseconds time) { return bool(begin("exists", time)->wait()); }
  static void expect_unavailable(const Result<contracts::Image>& reply, std::string_view why) {
    ASSERT_FALSE(reply);
    EXPECT_EQ(reply.error().code, Errc::unavailable);
    EXPECT_TRUE(reply.error().message.starts_with("weft:keyvalue-nats suite (nats://127.0.0.1:"))
        << reply.error().message;
    EXPECT_NE(reply.error().message.find(why), std::string::npos) << reply.error().message;
  }

  NatsServer server{"max_payload: 8MB"};
  FaultProxy proxy{server.port()};
  KeyValueProvider store{kind(), kv::k_nats, settings(proxy.port())};
};

TEST_F(NatsFaults, waits_for_a_slow_way_until_the_deadline_and_no_longer) {
  ASSERT_TRUE(works(5s));
  proxy.delay(200ms);

  EXPECT_TRUE(works(5s));
  const auto before = SteadyClock::now();
  const auto late = begin("exists", 50ms)->wait();
  EXPECT_LT(SteadyClock::now() - before, 180ms);

  EXPECT_EQ(late.error().code, Errc::timed_out);
  EXPECT_TRUE(works(5s));
}

TEST_F(NatsFaults, ends_calls_under_way_when_the_connection_is_cut_and_serves_the_next) {
  ASSERT_TRUE(works(5s));
  proxy.delay(1min);
  std::vector<std::unique_ptr<KeyValueCall>> calls;
  for (int i = 0; i < 10; ++i) calls.push_back(begin_set("v", 5s));
  store.user->run_for(100ms);

  proxy.mend();
  proxy.cut(FaultProxy::Then::serve);

  for (auto& call : calls) expect_unavailable(call->wait(), "whether it was done is not known");
  EXPECT_TRUE(works(5s));
  EXPECT_EQ(store.user->store().in_flight(), 0u);
}

TEST_F(NatsFaults, lets_calls_wait_while_nats_is_away_and_does_them_when_it_is_back) {
  ASSERT_TRUE(works(5s));
  proxy.cut(FaultProxy::Then::refuse);
  store.user->run_for(50ms);

  const auto impatient = begin("exists", 100ms);
  const auto patient = begin_set("v", 10s);
  expect_unavailable(impatient->wait(), "");
  proxy.mend();
  const auto before = SteadyClock::now();

  EXPECT_TRUE(patient->result<void>());
  EXPECT_LT(SteadyClock::now() - before, 1s);
}

TEST_F(NatsFaults, does_not_do_what_was_given_up_while_nats_was_away) {
  ASSERT_TRUE(works(5s));
  proxy.cut(FaultProxy::Then::refuse);
  store.user->run_for(50ms);

  const auto late = begin_set("late", 50ms);
  const auto cancelled = begin_set("cancelled", 10s);
  EXPECT_FALSE(late->wait());
  cancelled->cancel();
  proxy.mend();

  ASSERT_TRUE(works(10s));
  EXPECT_FALSE(
      KeyValueCall(*store.user, within(5s), "exists", kv::Item{"b", "k"}).result<bool>().value());
}

TEST_F(NatsFaults, holds_back_no_more_than_its_limit_for_a_server_that_reads_slowly) {
  ASSERT_TRUE(works(5s));
  proxy.slow_reader(100);
  const std::string large(1'000'000, 'x');
  std::vector<std::unique_ptr<KeyValueCall>> calls;
  int refused = 0;
  for (int i = 0; i < 300 && refused == 0; ++i) {
    calls.push_back(begin_set(large, 1s));
    if (calls.back()->over()) ++refused;
    store.user->run_for(0ms);
  }

  EXPECT_EQ(refused, 1);
  EXPECT_GE(calls.size(), 100u);
  expect_unavailable(calls.back()->wait(), "bytes wait to be sent already");
  for (std::size_t i = 0; i + 1 < calls.size(); ++i) EXPECT_FALSE(calls[i]->wait());
  proxy.mend();
  proxy.cut(FaultProxy::Then::serve);
  store.user->run_for(50ms);
  EXPECT_TRUE(works(5s));
}

TEST_F(NatsFaults, survives_a_restart_of_nats_under_load) {
  int done = 0, failed = 0;
  bool restarted = false;
  const auto until = SteadyClock::now() + 1500ms;
  while (SteadyClock::now() < until) {
    std::vector<std::unique_ptr<KeyValueCall>> calls;
    for (int i = 0; i < 20; ++i) calls.push_back(begin("exists", 10s));
    if (done > 1000 && !restarted) {
      restarted = true;
      store.user->run_for(0ms);
      server.end();
      server.start();
    }
    for (auto& call : calls) call->wait() ? ++done : ++failed;
  }

  EXPECT_TRUE(restarted);
  EXPECT_LE(failed, 20);
  EXPECT_TRUE(works(1s));
}

TEST_F(NatsFaults, waits_while_nats_is_stopped_and_goes_on_with_it) {
  ASSERT_TRUE(works(5s));
  server.process().stop();
  EXPECT_EQ(begin("exists", 50ms)->wait().error().code, Errc::timed_out);
  const auto patient = begin("exists", 5s);
  store.user->run_for(50ms);

  server.process().go_on();

  EXPECT_TRUE(patient->wait());
}

TEST(NatsRefusal, tells_of_a_wrong_password_at_once_and_never_shows_it) {
  NatsServer server("authorization { user: ann, password: secret }");
  auto with_guess = settings(server.port());
  with_guess["cluster_uri"] = "nats://ann:guess@127.0.0.1:" + std::to_string(server.port());
  KeyValueProvider wrong{kind(), kv::k_nats, with_guess};
  const auto before = SteadyClock::now();
  KeyValueCall call(*wrong.user, "exists", kv::Item{"b", "k"});

  const auto guessed = call.wait();

  EXPECT_LT(SteadyClock::now() - before, 2s);
  EXPECT_EQ(guessed.error().code, Errc::unavailable);
  EXPECT_NE(guessed.error().message.find("Authorization Violation"), std::string::npos);
  EXPECT_EQ(guessed.error().message.find("guess"), std::string::npos);
  EXPECT_EQ(wrong.logged().find("guess"), std::string::npos);
}

TEST(NatsRefusal, tells_of_a_server_that_is_not_there_within_the_deadline) {
  const KeyValueProvider nowhere{kind(), kv::k_nats, settings(tests::free_port())};
  KeyValueCall call(*nowhere.user, within(100ms), "exists", kv::Item{"b", "k"});

  const auto reply = call.wait();

  EXPECT_EQ(reply.error().code, Errc::unavailable);
  EXPECT_NE(reply.error().message.find("Connection refused"), std::string::npos);
}

}  // namespace
}  // namespace weft::providers::keyvalue_nats
