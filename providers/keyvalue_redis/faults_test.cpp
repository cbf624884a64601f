// What a call is told when Redis, or the way to it, fails.
#include <gtest/gtest.h>

#include <chrono>
#include <future>
#include <memory>
#include <string>
#include <vector>

#include "contracts/keyvalue/capabilities.h"
#include "providers/keyvalue_redis/keyvalue_redis.h"
#include "tests/contracts/keyvalue_provider.h"
#include "tests/support/fault_proxy.h"
#include "tests/support/redis_server.h"

namespace weft::providers::keyvalue_redis {
namespace {

namespace kv = contracts::keyvalue;
using namespace std::chrono_literals;
using tests::bytes;
using tests::FaultProxy;
using tests::KeyValueCall;
using tests::KeyValueProvider;
using tests::RedisServer;
using SteadyClock = std::chrono::steady_clock;

std::string local(std::uint16_t port) { return "redis://127.0.0.1:" + std::to_string(port); }

contracts::Context within(std::chrono::milliseconds time) {
  contracts::Context context;
  context.deadline = SteadyClock::now() + time;
  return context;
}

class RedisFaults : public testing::Test {
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
    EXPECT_TRUE(reply.error().message.starts_with("weft:keyvalue-redis suite (redis://127.0.0.1:"))
        << reply.error().message;
    EXPECT_NE(reply.error().message.find(why), std::string::npos) << reply.error().message;
  }

  RedisServer server;
  FaultProxy proxy{server.port()};
  KeyValueProvider store{kind(), kv::k_redis, {{"url", local(proxy.port())}}};
};

TEST_F(RedisFaults, waits_for_a_slow_way_until_the_deadline_and_no_longer) {
  ASSERT_TRUE(works(5s));
  proxy.delay(200ms);

  EXPECT_TRUE(works(5s));
  const auto before = SteadyClock::now();
  const auto late = begin("exists", 50ms)->wait();
  EXPECT_LT(SteadyClock::now() - before, 180ms);

  EXPECT_EQ(late.error().code, Errc::timed_out);
  EXPECT_TRUE(works(5s));
}

TEST_F(RedisFaults, ends_calls_under_way_when_the_connection_is_cut_and_serves_the_next) {
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

TEST_F(RedisFaults, lets_calls_wait_while_redis_is_away_and_does_them_when_it_is_back) {
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

TEST_F(RedisFaults, closes_at_once_when_those_who_called_have_gone) {
  ASSERT_TRUE(works(5s));
  server.process().stop();
  const auto sent = begin("exists", 1min);
  store.user->run_for(20ms);
  const auto unsent = begin_set("v", 1min);
  sent->cancel();
  unsent->cancel();
  const auto before = SteadyClock::now();

  auto closed = std::async(std::launch::async, [this] { store.provider->close(); });
  while (closed.wait_for(0s) != std::future_status::ready) store.user->run_for(5ms);

  EXPECT_LT(SteadyClock::now() - before, 1s);
  server.process().go_on();
}

TEST_F(RedisFaults, ends_a_listing_of_many_steps_with_its_caller) {
  server.cli({"EVAL", "for i = 1, 30000 do redis.call('SET', 'x' .. i, 'v') end", "0"});
  ASSERT_TRUE(works(5s));
  proxy.delay(10ms);
  KeyValueCall listing(*store.user, "list-keys", std::string_view("b"), kv::Place(kv::Beginning{}),
                       std::uint32_t{0});
  store.user->run_for(30ms);
  const auto steps = [this] {
    const auto stats = server.cli({"INFO", "commandstats"});
    const std::string_view before = "cmdstat_scan:calls=";
    return std::stoi(stats.substr(stats.find(before) + before.size()));
  };

  listing.cancel();
  const auto done = steps();
  store.user->run_for(200ms);

  EXPECT_GE(done, 1);
  EXPECT_LE(steps(), done + 1);
}

TEST_F(RedisFaults, gives_all_steps_of_a_listing_one_deadline) {
  server.cli({"EVAL", "for i = 1, 30000 do redis.call('SET', 'x' .. i, 'v') end", "0"});
  const KeyValueProvider quick{
      kind(), kv::k_redis, {{"url", local(proxy.port())}, {"backend_response_timeout_ms", "300"}}};
  proxy.delay(50ms);

  KeyValueCall listing(*quick.user, "list-keys", std::string_view("b"), kv::Place(kv::Beginning{}),
                       std::uint32_t{0});
  const auto before = SteadyClock::now();

  EXPECT_EQ(listing.wait().error().code, Errc::timed_out);
  EXPECT_LT(SteadyClock::now() - before, 1s);
}

TEST_F(RedisFaults, does_not_do_what_was_given_up_while_redis_was_away) {
  ASSERT_TRUE(works(5s));
  proxy.cut(FaultProxy::Then::refuse);
  store.user->run_for(50ms);

  const auto late = begin_set("late", 50ms);
  const auto cancelled = begin_set("cancelled", 10s);
  EXPECT_FALSE(late->wait());
  cancelled->cancel();
  proxy.mend();

  ASSERT_TRUE(works(10s));
  EXPECT_EQ(server.cli({"EXISTS", "weft:b:k"}), "0");
}

TEST_F(RedisFaults, notices_a_connection_on_which_nothing_comes_any_more) {
  const KeyValueProvider quick{
      kind(), kv::k_redis, {{"url", local(proxy.port())}, {"backend_response_timeout_ms", "200"}}};
  KeyValueCall first(*quick.user, "exists", kv::Item{"b", "k"});
  ASSERT_TRUE(first.wait());
  proxy.black_hole();

  const auto before = SteadyClock::now();
  KeyValueCall lost(*quick.user, "exists", kv::Item{"b", "k"});
  EXPECT_FALSE(lost.wait());
  EXPECT_LT(SteadyClock::now() - before, 1s);
  proxy.mend();
  quick.user->run_for(100ms);
  const auto connections = proxy.connections();

  KeyValueCall next(*quick.user, within(5s), "exists", kv::Item{"b", "k"});
  EXPECT_TRUE(next.wait());
  EXPECT_GE(connections, 2u);
}

TEST_F(RedisFaults, holds_back_no_more_than_its_limit_for_a_server_that_reads_slowly) {
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

TEST_F(RedisFaults, survives_a_restart_of_redis_under_load) {
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

TEST_F(RedisFaults, waits_while_redis_is_stopped_and_goes_on_with_it) {
  ASSERT_TRUE(works(5s));
  server.process().stop();
  EXPECT_EQ(begin("exists", 50ms)->wait().error().code, Errc::timed_out);
  const auto patient = begin("exists", 5s);
  store.user->run_for(50ms);

  server.process().go_on();

  EXPECT_TRUE(patient->wait());
}

TEST(RedisRefusal, tells_of_a_wrong_password_at_once_and_never_shows_it) {
  RedisServer server({"--requirepass", "secret"}, "secret");
  const KeyValueProvider wrong{
      kind(), kv::k_redis, {{"url", "redis://:guess@127.0.0.1:" + std::to_string(server.port())}}};
  const KeyValueProvider none{kind(), kv::k_redis, {{"url", server.url()}}};
  const auto before = SteadyClock::now();
  KeyValueCall with_wrong(*wrong.user, "exists", kv::Item{"b", "k"});
  KeyValueCall with_none(*none.user, "exists", kv::Item{"b", "k"});

  const auto guessed = with_wrong.wait();
  const auto nobody = with_none.wait();

  EXPECT_LT(SteadyClock::now() - before, 2s);
  EXPECT_EQ(guessed.error().code, Errc::unavailable);
  EXPECT_NE(guessed.error().message.find("WRONGPASS"), std::string::npos);
  EXPECT_EQ(guessed.error().message.find("guess"), std::string::npos);
  EXPECT_NE(nobody.error().message.find("NOAUTH"), std::string::npos);
}

TEST(RedisRefusal, does_no_write_for_a_user_who_may_not_use_transactions) {
  RedisServer server(
      {"--user", "ann", "on", ">pw", "~*", "+@read", "+@write", "+@connection", "+eval"});
  KeyValueProvider store{
      kind(), kv::k_redis, {{"url", "redis://ann:pw@127.0.0.1:" + std::to_string(server.port())}}};
  const auto set = [&](std::string_view value) {
    return KeyValueCall(*store.user, "set", kv::Item{"default", "k"}, bytes(value)).wait();
  };
  const auto denied = [](const Result<contracts::Image>& reply) {
    const auto result = contracts::decode<std::tuple<std::expected<void, kv::StoreError>>>(*reply);
    const auto& answer = std::get<0>(*result);
    return !answer && std::holds_alternative<kv::AccessDenied>(answer.error());
  };

  // Before there is a connection, and while there is one.
  EXPECT_TRUE(denied(set("first")));
  EXPECT_TRUE(denied(set("second")));
  EXPECT_EQ(server.cli({"EXISTS", "k"}), "0");
  EXPECT_NE(store.logged().find("ACL SETUSER ann +@transaction"), std::string::npos);

  server.cli({"ACL", "SETUSER", "ann", "+@transaction"});
  const auto until = SteadyClock::now() + 5s;
  while (denied(set("third")) && SteadyClock::now() < until) store.user->run_for(100ms);
  EXPECT_EQ(server.cli({"GET", "k"}), "third");

  server.cli({"ACL", "SETUSER", "ann", "-@transaction"});
  const auto surprised = set("fourth");
  ASSERT_FALSE(surprised);
  EXPECT_NE(surprised.error().message.find("whether it was done is not known"), std::string::npos);
  EXPECT_TRUE(denied(set("fifth")));
  EXPECT_EQ(server.cli({"GET", "k"}), "fourth");
}

TEST(RedisRefusal, tells_of_a_server_that_is_not_there_within_the_deadline) {
  const KeyValueProvider nowhere{kind(), kv::k_redis, {{"url", local(tests::free_port())}}};
  KeyValueCall call(*nowhere.user, within(100ms), "exists", kv::Item{"b", "k"});

  const auto reply = call.wait();

  EXPECT_EQ(reply.error().code, Errc::unavailable);
  EXPECT_NE(reply.error().message.find("Connection refused"), std::string::npos);
}

}  // namespace
}  // namespace weft::providers::keyvalue_redis
