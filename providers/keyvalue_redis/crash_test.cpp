// What is left of writes when the way is cut, or Redis killed, in the middle of them.
#include <gtest/gtest.h>

#include <chrono>
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
using tests::KeyValueCall;
using tests::KeyValueProvider;
using tests::RedisServer;
using SteadyClock = std::chrono::steady_clock;

// One that counts, and what became of it.
std::unique_ptr<KeyValueCall> increment(tests::KeyValueUser& user, std::chrono::milliseconds time) {
  contracts::Context context;
  context.deadline = SteadyClock::now() + time;
  return std::make_unique<KeyValueCall>(user, context, "increment", kv::Item{"default", "n"},
                                        std::int64_t{1});
}

TEST(RedisCrash, sets_all_or_none_of_many_when_the_way_is_cut_inside_the_transaction) {
  RedisServer server;
  tests::FaultProxy proxy(server.port());
  const KeyValueProvider store{kind(),
                               kv::k_redis,
                               {{"url", "redis://127.0.0.1:" + std::to_string(proxy.port())},
                                {"backend_reconnect_max_delay_ms", "10"}}};
  const auto set_many = [&](std::string_view value) {
    return KeyValueCall(*store.user, "set-many", std::string_view("default"),
                        std::vector<kv::Pair>{{"one", bytes(value)}, {"two", bytes(value)}})
        .wait();
  };
  ASSERT_TRUE(set_many("v1000"));
  // As the provider writes it: MULTI, MSET of both, DEL of their marks, EXEC.
  constexpr std::size_t k_bytes = 15 + 54 + 49 + 14;

  for (std::size_t cut = 1; cut < k_bytes; cut += 5) {
    const auto value = "v" + std::to_string(1000 + cut);
    ASSERT_TRUE(KeyValueCall(*store.user, "exists", kv::Item{"b", "k"}).wait());
    proxy.cut_after(cut);
    const auto reply = set_many(value);

    ASSERT_FALSE(reply) << cut;
    EXPECT_EQ(reply.error().code, Errc::unavailable);
    EXPECT_EQ(server.cli({"MGET", "one", "two"}), "v1000\nv1000")
        << "cut after " << cut << " bytes";
  }
  ASSERT_TRUE(KeyValueCall(*store.user, "exists", kv::Item{"b", "k"}).wait());
  proxy.cut_after(k_bytes);
  EXPECT_FALSE(set_many("v2000"));
  EXPECT_EQ(server.cli({"MGET", "one", "two"}), "v2000\nv2000");
}

TEST(RedisCrash, loses_no_acknowledged_increment_when_redis_is_killed_under_load) {
  RedisServer server({"--appendonly", "yes", "--appendfsync", "always"});
  const KeyValueProvider store{kind(), kv::k_redis, {{"url", server.url()}}};
  auto& user = *store.user;
  std::int64_t done = 0, unknown = 0;
  const auto count = [&](KeyValueCall& call) {
    if (const auto reply = call.wait()) {
      ++done;
    } else {
      ++unknown;
      EXPECT_EQ(reply.error().code, Errc::unavailable);
      EXPECT_NE(reply.error().message.find("whether it was done is not known"), std::string::npos)
          << reply.error().message;
    }
  };

  for (int round = 0; round < 3; ++round) {
    for (int i = 0; i < 100; ++i) count(*increment(user, 10s));
    std::vector<std::unique_ptr<KeyValueCall>> under_way, waiting;
    for (int i = 0; i < 50; ++i) under_way.push_back(increment(user, 10s));
    user.run_for(0ms);
    server.end();
    for (auto& call : under_way) count(*call);

    for (int i = 0; i < 20; ++i) waiting.push_back(increment(user, 10s));
    const auto before = SteadyClock::now();
    EXPECT_EQ(increment(user, 50ms)->wait().error().code, Errc::unavailable);
    EXPECT_LT(SteadyClock::now() - before, 1s);

    server.start();
    const auto back = SteadyClock::now();
    for (auto& call : waiting) EXPECT_TRUE(call->wait());
    EXPECT_LT(SteadyClock::now() - back, 1s);
    done += 20;
  }

  EXPECT_LE(unknown, 150);
  const auto kept = std::stoll(server.cli({"GET", "n"}));
  EXPECT_GE(kept, done);
  EXPECT_LE(kept, done + unknown);
}

}  // namespace
}  // namespace weft::providers::keyvalue_redis
