// The client of a server that sentinels watch, when another takes its place.
#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>
#include <chrono>
#include <memory>
#include <optional>
#include <string>

#include "net/redis/client.h"
#include "tests/support/raw_server.h"
#include "tests/support/redis_sentinel.h"
#include "tests/support/redis_server.h"

namespace weft::net::redis {
namespace {

using namespace std::chrono_literals;
using tests::RedisSentinel;
using tests::RedisServer;

// One outcome: the reply, an error of Redis or a failure.
class Told final : public Outcome {
 public:
  explicit Told(std::optional<std::string>& to) : to_(to) {}
  void on_reply(const Reply& reply) noexcept override {
    to_ = reply.is(Kind::integer) ? std::to_string(reply.integer()) : std::string(reply.text());
  }
  void on_failure(Error error) noexcept override { to_ = "failed: " + error.message; }
  bool wanted() const noexcept override { return true; }

 private:
  std::optional<std::string>& to_;
};

class RedisSentinels : public testing::Test {
 protected:
  Client& open(const std::string& url) {
    ClientSettings settings;
    settings.address = Address::parse(url).value();
    settings.label = "test";
    settings.name = "weft:test";
    return client.emplace(std::move(settings), nullptr,
                          Client::Surroundings{io.get_executor(), resolver, clock, random, log});
  }
  // Within ten seconds.
  template <class... W>
  std::string ask(const W&... words) {
    std::optional<std::string> told;
    client->send(clock.now() + 10s, std::make_unique<Told>(told),
                 [&](Commands& commands) { commands.whole(words...); });
    while (!told) io.run_one();
    return *told;
  }
  std::string url() const { return "sentinel://127.0.0.1:" + std::to_string(sentinel.port()); }

  SystemClock clock;
  SystemRandom random;
  SystemResolver resolver;
  Log log{{.level = LogLevel::debug}, clock, [](std::string_view) {}};
  boost::asio::io_context io{1};
  RedisServer first{{"--repl-diskless-sync-delay", "0"}};
  RedisServer second{{"--replicaof", "127.0.0.1 " + std::to_string(first.port())}};
  RedisSentinel sentinel{first.port()};
  std::optional<Client> client;
};

TEST_F(RedisSentinels, lead_to_the_primary_and_to_the_one_that_takes_its_place) {
  sentinel.wait_for_replica();
  open(url() + "/shop");
  EXPECT_EQ(ask("INCR", "n"), "1");
  EXPECT_EQ(first.cli({"GET", "n"}), "1");

  EXPECT_TRUE(sentinel.cli({"SENTINEL", "FAILOVER", "shop"}).starts_with("OK"));
  const auto until = clock.now() + 20s;
  while (sentinel.primary() == first.port() && clock.now() < until) io.run_for(50ms);
  // What the sentinel does ten seconds later.
  first.cli({"REPLICAOF", "127.0.0.1", std::to_string(second.port())});
  EXPECT_TRUE(ask("SET", "k", "refused").starts_with("READONLY"));

  EXPECT_EQ(ask("SET", "k", "after"), "OK");
  EXPECT_EQ(second.cli({"GET", "k"}), "after");
}

TEST_F(RedisSentinels, are_asked_again_when_they_named_a_replica) {
  tests::RawServer wrong_at_first([this](tests::RawClient& peer, int nth) {
    peer.read_until("shop\r\n");
    const auto port = std::to_string(nth == 0 ? second.port() : first.port());
    peer.send("*2\r\n$9\r\n127.0.0.1\r\n$" + std::to_string(port.size()) + "\r\n" + port + "\r\n");
  });
  open("sentinel://127.0.0.1:" + std::to_string(wrong_at_first.port()) + "/shop");

  EXPECT_EQ(ask("SET", "k", "v"), "OK");
  EXPECT_EQ(first.cli({"GET", "k"}), "v");
  EXPECT_EQ(wrong_at_first.connections(), 2);
}

TEST_F(RedisSentinels, let_calls_wait_until_a_replica_has_taken_the_place_of_a_server_that_died) {
  sentinel.wait_for_replica();
  open(url() + "/shop");
  EXPECT_EQ(ask("SET", "k", "before"), "OK");
  EXPECT_EQ(ask("WAIT", 1, 1000), "1");

  first.end();
  io.run_for(20ms);  // it hears that the connection is lost
  EXPECT_EQ(ask("GET", "k"), "before");

  EXPECT_EQ(sentinel.primary(), second.port());
  EXPECT_EQ(ask("SET", "k", "after"), "OK");
  EXPECT_EQ(second.cli({"GET", "k"}), "after");
}

TEST_F(RedisSentinels, are_asked_one_after_the_other_and_say_what_none_of_them_knows) {
  const auto nobody = std::to_string(tests::free_port());
  open("sentinel://127.0.0.1:" + nobody + ",127.0.0.1:" + std::to_string(sentinel.port()) +
       "/shop");
  EXPECT_EQ(ask("PING"), "PONG");

  open(url() + "/nothing");
  std::optional<std::string> told;
  client->send(clock.now() + 300ms, std::make_unique<Told>(told),
               [](Commands& commands) { commands.whole("PING"); });
  while (!told) io.run_one();

  EXPECT_NE(told->find("no sentinel knows the primary server of `nothing` (127.0.0.1:"),
            std::string::npos)
      << *told;
  EXPECT_NE(told->find("it watches no server of this name"), std::string::npos) << *told;
}

}  // namespace
}  // namespace weft::net::redis
