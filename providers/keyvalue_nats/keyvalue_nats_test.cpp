#include "providers/keyvalue_nats/keyvalue_nats.h"

#include <gtest/gtest.h>

#include "tests/contracts/keyvalue_suite_calls.h"
#include "tests/support/nats_server.h"

namespace weft::tests {
namespace {

using providers::keyvalue_nats::kind;

std::shared_ptr<NatsServer> nats_for_suite() {
  return std::make_shared<NatsServer>("max_payload: 32MB");
}
contracts::Settings bucket_at(const NatsServer& server) {
  return {{"cluster_uri", server.url()}, {"bucket", "b"}, {"enable_bucket_auto_create", "true"}};
}

}  // namespace

INSTANTIATE_TEST_SUITE_P(Nats, KeyValueSuite,
                         testing::Values([]() -> std::unique_ptr<KeyValueProvider> {
                           auto server = nats_for_suite();
                           const auto settings = bucket_at(*server);
                           return std::make_unique<KeyValueProvider>(kind(), kv::k_nats, settings,
                                                                     std::move(server));
                         }));
// As servers before 2.9 and older clients made buckets: read through the API, with a history.
INSTANTIATE_TEST_SUITE_P(
    NatsWithoutDirectReads, KeyValueSuite,
    testing::Values([]() -> std::unique_ptr<KeyValueProvider> {
      auto server = nats_for_suite();
      const auto made = ask_nats(
          server->port(), "$JS.API.STREAM.CREATE.KV_b",
          R"({"name":"KV_b","subjects":["$KV.b.>"],"retention":"limits","storage":"file",)"
          R"("max_msgs_per_subject":5,"num_replicas":1,"allow_rollup_hdrs":true,"discard":"new"})");
      EXPECT_TRUE(made.contains("\"created\"")) << made;
      const auto settings = bucket_at(*server);
      return std::make_unique<KeyValueProvider>(kind(), kv::k_nats, settings, std::move(server));
    }));

}  // namespace weft::tests

namespace weft::providers::keyvalue_nats {
namespace {

namespace kv = contracts::keyvalue;
using tests::ask_nats;
using tests::bytes;
using tests::KeyValueCall;
using tests::KeyValueProvider;
using tests::NatsServer;

class KeyValueNats : public testing::Test {
 protected:
  void set(kv::Item item, std::string_view value) {
    EXPECT_TRUE(KeyValueCall(*store.user, "set", item, bytes(value)).result<void>());
  }
  std::optional<std::string> get(kv::Item item) {
    const auto value =
        KeyValueCall(*store.user, "get", item).result<std::optional<kv::OwnedBytes>>().value();
    return value ? std::optional(tests::text(*value)) : std::nullopt;
  }
  // What any other client of NATS sees: headers and bytes.
  std::string seen(const std::string& name) const {
    return ask_nats(server.port(), "$JS.API.DIRECT.GET.KV_b.$KV.b." + name, "");
  }
  void put(const std::string& name, const std::string& value, const std::string& headers = {}) {
    EXPECT_TRUE(ask_nats(server.port(), "$KV.b." + name, value, headers).contains("\"seq\""));
  }
  // What the contract says of a failed set; "" when it did not fail.
  static std::string refusal(const KeyValueProvider& at, std::string_view value) {
    const auto result =
        KeyValueCall(*at.user, "set", kv::Item{"default", "k"}, bytes(value)).result<void>();
    if (result) return "";
    if (std::holds_alternative<kv::NoSuchStore>(result.error())) return "no such store";
    return std::get<kv::Other>(result.error()).value;
  }

  NatsServer server;
  KeyValueProvider store{
      kind(),
      kv::k_nats,
      {{"cluster_uri", server.url()}, {"bucket", "b"}, {"enable_bucket_auto_create", "true"}}};
};

TEST_F(KeyValueNats, finds_in_the_default_bucket_what_the_1x_provider_and_nats_kv_wrote) {
  set({"default", "first"}, "v");
  put("users.7", "ann");
  put("visits", "41");
  put("gone", "", "NATS/1.0\r\nKV-Operation: PURGE\r\nNats-Rollup: sub\r\n\r\n");

  EXPECT_EQ(get({"default", "users.7"}), "ann");
  EXPECT_EQ(get({"default", "gone"}), std::nullopt);
  EXPECT_EQ((KeyValueCall(*store.user, "increment", kv::Item{"default", "visits"}, std::int64_t{1})
                 .result<std::int64_t>()),
            42);
  const auto page = KeyValueCall(*store.user, "list-keys", std::string_view("default"),
                                 kv::Place(kv::Beginning{}), std::uint32_t{0})
                        .result<kv::Page>();
  EXPECT_EQ(page->keys, (std::vector<std::string>{"first", "users.7", "visits"}));
}

TEST_F(KeyValueNats, writes_what_other_clients_of_nats_read) {
  set({"default", "users.7"}, "ann");
  set({"orders", "a b"}, "tea");

  EXPECT_TRUE(seen("users.7").ends_with("\r\n\r\nann")) << seen("users.7");
  EXPECT_TRUE(seen("weft=orders.ka=20b").ends_with("\r\n\r\ntea"));
  EXPECT_TRUE(KeyValueCall(*store.user, "delete", kv::Item{"default", "users.7"}).result<void>());
  EXPECT_TRUE(seen("users.7").contains("KV-Operation: DEL")) << seen("users.7");
}

TEST_F(KeyValueNats, sees_that_somebody_else_changed_a_value_it_gave_a_version_of) {
  set({"default", "k"}, "v");
  const auto snapshot = KeyValueCall(*store.user, "get-with-version", kv::Item{"default", "k"})
                            .result<kv::Snapshot>()
                            .value();
  put("k", "v");

  const auto late = KeyValueCall(*store.user, "compare-and-swap", kv::Item{"default", "k"},
                                 snapshot.version, bytes("mine"))
                        .result<kv::Outcome>()
                        .value();

  EXPECT_EQ(tests::text(*std::get<kv::Changed>(late).value.value), "v");
}

TEST_F(KeyValueNats, says_how_to_make_a_bucket_that_is_missing_and_finds_it_when_it_is_there) {
  KeyValueProvider other{kind(), kv::k_nats, {{"cluster_uri", server.url()}, {"bucket", "late"}}};

  EXPECT_EQ(refusal(other, "v"), "no such store");
  EXPECT_NE(other.logged().find("nats kv add late"), std::string::npos) << other.logged();
  EXPECT_TRUE(ask_nats(server.port(), "$JS.API.STREAM.CREATE.KV_late",
                       R"({"name":"KV_late","subjects":["$KV.late.>"],"storage":"memory"})")
                  .contains("\"created\""));
  EXPECT_EQ(refusal(other, "v"), "");
}

TEST_F(KeyValueNats, says_that_a_server_has_no_jetstream) {
  const NatsServer plain("accounts { A { users: [ { user: ann, password: x } ] } }");
  const KeyValueProvider none{
      kind(),
      kv::k_nats,
      {{"cluster_uri", "ann:x@127.0.0.1:" + std::to_string(plain.port())}, {"bucket", "b"}}};

  const auto reply = KeyValueCall(*none.user, "set", kv::Item{"default", "k"}, bytes("v")).wait();

  ASSERT_FALSE(reply);
  EXPECT_EQ(reply.error().code, Errc::unavailable);
  EXPECT_NE(reply.error().message.find("JetStream does not answer"), std::string::npos)
      << reply.error().message;
}

TEST_F(KeyValueNats, says_which_limit_of_the_server_a_value_exceeds) {
  EXPECT_NE(refusal(store, std::string(1'100'000, 'x')).find("max_payload"), std::string::npos);
  EXPECT_EQ(refusal(store, "v"), "");
}

TEST_F(KeyValueNats, says_that_the_bucket_is_full_and_goes_on_reading) {
  EXPECT_TRUE(ask_nats(server.port(), "$JS.API.STREAM.CREATE.KV_small",
                       R"({"name":"KV_small","subjects":["$KV.small.>"],"storage":"file",)"
                       R"("max_bytes":1000,"discard":"new"})")
                  .contains("\"created\""));
  const KeyValueProvider small{
      kind(), kv::k_nats, {{"cluster_uri", server.url()}, {"bucket", "small"}}};
  EXPECT_EQ(refusal(small, "v"), "");

  EXPECT_NE(refusal(small, std::string(2000, 'x')).find("maximum bytes"), std::string::npos);

  EXPECT_TRUE(KeyValueCall(*small.user, "get", kv::Item{"default", "k"})
                  .result<std::optional<kv::OwnedBytes>>()
                  .value());
}

TEST_F(KeyValueNats, refuses_a_link_that_names_no_bucket) {
  boost::asio::io_context io;
  const auto opened = store.provider->open(io.get_executor(), {{"cluster_uri", server.url()}});

  EXPECT_EQ(opened.error().code, Errc::invalid);
  EXPECT_TRUE(opened.error().message.starts_with("`bucket` is missing"));
}

TEST_F(KeyValueNats, keeps_what_it_acknowledged_when_host_and_server_are_killed) {
  constexpr int k_calls = 50;
  for (int i = 0; i < k_calls; ++i) {
    EXPECT_TRUE((KeyValueCall(*store.user, "increment", kv::Item{"default", "n"}, std::int64_t{1})
                     .result<std::int64_t>()));
  }
  KeyValueCall left(*store.user, "increment", kv::Item{"default", "n"}, std::int64_t{1});
  store.user->close();
  server.end();
  server.start();

  const auto value = seen("n");
  const auto sum = std::stoi(value.substr(value.rfind('\n') + 1));

  EXPECT_GE(sum, k_calls);
  EXPECT_LE(sum, k_calls + 1);
}

}  // namespace
}  // namespace weft::providers::keyvalue_nats
