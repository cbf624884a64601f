#include "providers/keyvalue_redis/keyvalue_redis.h"

#include <gtest/gtest.h>

#include "tests/contracts/keyvalue_suite_calls.h"
#include "tests/support/redis_cluster.h"
#include "tests/support/redis_server.h"

namespace weft::tests {
namespace {

using providers::keyvalue_redis::kind;

std::unique_ptr<KeyValueProvider> serve(std::vector<std::string> arguments = {}) {
  auto server = std::make_shared<RedisServer>(std::move(arguments));
  const contracts::Settings settings = {{"url", server->url()}};
  return std::make_unique<KeyValueProvider>(kind(), kv::k_redis, settings, std::move(server));
}

// One for all tests: it takes a second or two to come together.
std::unique_ptr<KeyValueProvider> serve_cluster() {
  static RedisCluster cluster;
  cluster.clear();
  return std::make_unique<KeyValueProvider>(kind(), kv::k_redis_cluster,
                                            contracts::Settings{{"url", cluster.url()}});
}

}  // namespace

INSTANTIATE_TEST_SUITE_P(RedisCluster, KeyValueSuite, testing::Values(&serve_cluster));
INSTANTIATE_TEST_SUITE_P(Redis, KeyValueSuite,
                         testing::Values([]() -> std::unique_ptr<KeyValueProvider> {
                           return serve();
                         }));
INSTANTIATE_TEST_SUITE_P(RedisWithoutHello, KeyValueSuite,
                         testing::Values([]() -> std::unique_ptr<KeyValueProvider> {
                           return serve({"--rename-command", "HELLO", ""});
                         }));

}  // namespace weft::tests

namespace weft::providers::keyvalue_redis {
namespace {

namespace kv = contracts::keyvalue;
using tests::bytes;
using tests::KeyValueCall;
using tests::KeyValueProvider;
using tests::RedisServer;

class KeyValueRedis : public testing::Test {
 protected:
  void set(kv::Item item, std::string_view value) {
    EXPECT_TRUE(KeyValueCall(*store.user, "set", item, bytes(value)).result<void>());
  }
  std::optional<std::string> get(kv::Item item) {
    const auto value =
        KeyValueCall(*store.user, "get", item).result<std::optional<kv::OwnedBytes>>().value();
    return value ? std::optional(tests::text(*value)) : std::nullopt;
  }
  // What the contract says of a failed set; "" when it did not fail.
  std::string refusal(kv::Item item) {
    const auto result = KeyValueCall(*store.user, "set", item, bytes("v")).result<void>();
    return result ? "" : std::get<kv::Other>(result.error()).value;
  }

  RedisServer server;
  KeyValueProvider store{kind(), kv::k_redis, {{"url", server.url()}}};
};

TEST_F(KeyValueRedis, finds_in_the_default_bucket_what_the_1x_provider_wrote) {
  server.cli({"SET", "user:7", "ann"});
  server.cli({"INCRBY", "visits", "41"});

  EXPECT_EQ(get({"default", "user:7"}), "ann");
  EXPECT_EQ((KeyValueCall(*store.user, "increment", kv::Item{"default", "visits"}, std::int64_t{1})
                 .result<std::int64_t>()),
            42);
}

TEST_F(KeyValueRedis, writes_what_redis_cli_reads) {
  set({"default", "user:7"}, "ann");
  set({"orders", "1"}, "tea");

  EXPECT_EQ(server.cli({"GET", "user:7"}), "ann");
  EXPECT_EQ(server.cli({"GET", "weft:orders:1"}), "tea");
  EXPECT_EQ(server.cli({"DBSIZE"}), "2");
}

TEST_F(KeyValueRedis, leaves_no_mark_of_a_version_behind_a_write) {
  set({"default", "k"}, "v");
  EXPECT_TRUE(KeyValueCall(*store.user, "get-with-version", kv::Item{"default", "k"})
                  .result<kv::Snapshot>());
  EXPECT_EQ(server.cli({"EXISTS", "weft::{k}"}), "1");
  EXPECT_GT(std::stoi(server.cli({"TTL", "weft::{k}"})), 3000);

  set({"default", "k"}, "w");

  EXPECT_EQ(server.cli({"DBSIZE"}), "1");
}

TEST_F(KeyValueRedis, sees_that_somebody_else_changed_a_value_it_gave_a_version_of) {
  set({"default", "k"}, "v");
  const auto seen = KeyValueCall(*store.user, "get-with-version", kv::Item{"default", "k"})
                        .result<kv::Snapshot>()
                        .value();
  server.cli({"SET", "k", "theirs"});

  const auto late = KeyValueCall(*store.user, "compare-and-swap", kv::Item{"default", "k"},
                                 seen.version, bytes("mine"))
                        .result<kv::Outcome>()
                        .value();

  EXPECT_EQ(tests::text(*std::get<kv::Changed>(late).value.value), "theirs");
}

TEST_F(KeyValueRedis, says_what_redis_says_of_a_key_that_holds_something_else) {
  server.cli({"RPUSH", "list", "x"});

  const auto value = KeyValueCall(*store.user, "get", kv::Item{"default", "list"})
                         .result<std::optional<kv::OwnedBytes>>();

  EXPECT_NE(std::get<kv::Other>(value.error()).value.find("WRONGTYPE"), std::string::npos);
}

TEST_F(KeyValueRedis, says_that_the_memory_of_the_server_is_used_up_and_goes_on_reading) {
  set({"default", "k"}, "v");
  server.cli({"CONFIG", "SET", "maxmemory", "1"});

  EXPECT_NE(refusal({"default", "k"}).find("`maxmemory` is used up"), std::string::npos);
  EXPECT_EQ(get({"default", "k"}), "v");
  server.cli({"CONFIG", "SET", "maxmemory", "0"});
  EXPECT_EQ(refusal({"default", "k"}), "");
}

TEST_F(KeyValueRedis, says_that_a_replica_takes_no_writes_and_which_key_to_change) {
  server.cli({"REPLICAOF", "127.0.0.1", std::to_string(server.port())});

  const auto written =
      KeyValueCall(*store.user, "set", kv::Item{"default", "k"}, bytes("v")).wait();

  ASSERT_FALSE(written);
  EXPECT_EQ(written.error().code, Errc::unavailable);
  EXPECT_NE(written.error().message.find("is a replica: let `url` name the primary"),
            std::string::npos);
  EXPECT_EQ(get({"default", "k"}), std::nullopt);
}

TEST_F(KeyValueRedis, keeps_what_it_acknowledged_when_the_host_ends_in_the_middle) {
  constexpr int k_calls = 50;
  for (int i = 0; i < k_calls; ++i) {
    EXPECT_TRUE((KeyValueCall(*store.user, "increment", kv::Item{"default", "n"}, std::int64_t{1})
                     .result<std::int64_t>()));
  }
  KeyValueCall left(*store.user, "increment", kv::Item{"default", "n"}, std::int64_t{1});
  store.user->close();

  EXPECT_GE(std::stoi(server.cli({"GET", "n"})), k_calls);
  EXPECT_LE(std::stoi(server.cli({"GET", "n"})), k_calls + 1);
}

}  // namespace
}  // namespace weft::providers::keyvalue_redis
