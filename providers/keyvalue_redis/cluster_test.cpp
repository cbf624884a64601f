// Key-value on a Redis Cluster: what is another matter there than on one server.
#include <gtest/gtest.h>

#include <charconv>
#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "contracts/keyvalue/capabilities.h"
#include "net/redis/slots.h"
#include "providers/keyvalue_redis/keyvalue_redis.h"
#include "tests/contracts/keyvalue_provider.h"
#include "tests/support/redis_cluster.h"

namespace weft::providers::keyvalue_redis {
namespace {

namespace kv = contracts::keyvalue;
using namespace std::chrono_literals;
using tests::bytes;
using tests::KeyValueCall;
using tests::KeyValueProvider;
using tests::RedisCluster;
using SteadyClock = std::chrono::steady_clock;

class KeyValueCluster : public testing::Test {
 protected:
  std::int64_t increment(std::string_view key) {
    return KeyValueCall(*store.user, "increment", kv::Item{"default", key}, std::int64_t{1})
        .result<std::int64_t>()
        .value();
  }
  std::expected<void, kv::StoreError> set_many(std::string_view bucket) {
    return KeyValueCall(*store.user, "set-many", bucket,
                        std::vector<kv::Pair>{{"x", bytes("1")}, {"y", bytes("2")}})
        .result<void>();
  }

  RedisCluster cluster;
  KeyValueProvider store{kind(), kv::k_redis_cluster, {{"url", cluster.url()}}};
};

TEST_F(KeyValueCluster, follows_a_slot_that_moves_to_another_node) {
  const auto slot = net::redis::slot_of("{t}1");
  const auto at = cluster.node_of_slot(slot), to = (at + 1) % RedisCluster::k_primaries;
  auto &from_node = cluster.node(at), &to_node = cluster.node(to);
  const auto slot_text = std::to_string(slot), from_id = cluster.id(at), to_id = cluster.id(to);
  EXPECT_EQ(increment("{t}1"), 1);

  // On the way: what has moved is read there.
  to_node.cli({"CLUSTER", "SETSLOT", slot_text, "IMPORTING", from_id});
  from_node.cli({"CLUSTER", "SETSLOT", slot_text, "MIGRATING", to_id});
  EXPECT_EQ(
      from_node.cli({"MIGRATE", "127.0.0.1", std::to_string(to_node.port()), "{t}1", "0", "1000"}),
      "OK");
  const auto read = KeyValueCall(*store.user, "get", kv::Item{"default", "{t}1"})
                        .result<std::optional<kv::OwnedBytes>>();
  EXPECT_EQ(tests::text(**read), "1");
  // A write is one of two keys, which wait until they are on one node.
  KeyValueCall moved(*store.user, "increment", kv::Item{"default", "{t}1"}, std::int64_t{1});
  KeyValueCall made(*store.user, "increment", kv::Item{"default", "{t}2"}, std::int64_t{1});
  store.user->run_for(1s);
  EXPECT_FALSE(moved.over() || made.over());
  for (auto* node : {&to_node, &from_node})
    node->cli({"CLUSTER", "SETSLOT", slot_text, "NODE", to_id});
  EXPECT_EQ(moved.result<std::int64_t>().value(), 2);
  EXPECT_EQ(made.result<std::int64_t>().value(), 1);
  EXPECT_EQ(increment("{t}1"), 3);

  EXPECT_EQ(to_node.cli({"GET", "{t}1"}), "3");
  EXPECT_EQ(to_node.cli({"GET", "{t}2"}), "1");
}

TEST_F(KeyValueCluster, writes_many_keys_of_one_slot_and_says_why_not_of_several) {
  const auto refused = set_many("b");
  const auto written = set_many("b{t}");

  EXPECT_NE(std::get<kv::Unsupported>(refused.error()).value.find("a name with a {tag}"),
            std::string::npos);
  EXPECT_TRUE(written);
  EXPECT_EQ(KeyValueCall(*store.user, "exists", kv::Item{"b", "x"}).result<bool>(), false);
  EXPECT_EQ(KeyValueCall(*store.user, "exists", kv::Item{"b{t}", "y"}).result<bool>(), true);
}

std::int64_t number_behind(std::string_view text, std::string_view name) {
  const auto at = text.find(name);
  std::int64_t number = -1;
  if (at != std::string_view::npos)
    std::from_chars(text.data() + at + name.size(), text.data() + text.size(), number);
  return number;
}

void wait_until_the_replica_has_all(const tests::RedisServer& primary) {
  const auto until = SteadyClock::now() + 10s;
  std::int64_t has = -1, all = 0;
  while (has < all && SteadyClock::now() < until) {
    const auto said = primary.cli({"INFO", "replication"});
    all = number_behind(said, "master_repl_offset:");
    has = number_behind(said, ",offset=");
    if (has < all) std::this_thread::sleep_for(10ms);
  }
  ASSERT_GE(has, all);
}

TEST_F(KeyValueCluster, lets_calls_wait_until_the_replica_of_a_node_that_died_has_its_slots) {
  // A slot of the first node, which has a replica.
  std::string key = "k";
  while (cluster.node_of_slot(net::redis::slot_of(key)) != 0) key += 'k';
  std::int64_t done = 0, unknown = 0;
  for (; done < 100; ++done) increment(key);
  wait_until_the_replica_has_all(cluster.node(0));

  cluster.node(0).end();
  const auto until = SteadyClock::now() + 20s;
  int waited = 0;
  while (waited < 10 && SteadyClock::now() < until) {
    contracts::Context context;
    context.deadline = SteadyClock::now() + 10s;
    KeyValueCall call(*store.user, context, "increment", kv::Item{"default", key}, std::int64_t{1});
    call.wait() ? ++waited : ++unknown;
  }
  done += waited;

  EXPECT_EQ(waited, 10);
  EXPECT_LE(unknown, 1);
  const auto kept = std::stoll(cluster.node(3).cli({"GET", key}));
  EXPECT_GE(kept, done);
  EXPECT_LE(kept, done + unknown);
}

}  // namespace
}  // namespace weft::providers::keyvalue_redis
