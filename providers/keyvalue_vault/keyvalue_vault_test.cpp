#include "providers/keyvalue_vault/keyvalue_vault.h"

#include <gtest/gtest.h>

#include "providers/keyvalue_vault/settings.h"
#include "tests/contracts/keyvalue_suite_calls.h"
#include "tests/support/vault_server.h"

namespace weft::tests {

// One for all tests of this program: each has an engine of its own.
static VaultServer& shared_server() {
  static VaultServer server;
  return server;
}

namespace {

using providers::keyvalue_vault::kind;

std::unique_ptr<KeyValueProvider> serve(const kv::Capabilities& row, const char* layout) {
  auto& server = shared_server();
  const contracts::Settings settings = {{"addr", server.url()},
                                        {"token", server.root_token()},
                                        {"mount", server.new_engine()},
                                        {"layout", layout},
                                        {"answer_timeout_ms", "30000"}};
  return std::make_unique<KeyValueProvider>(kind(), row, settings);
}

}  // namespace

INSTANTIATE_TEST_SUITE_P(Vault, KeyValueSuite,
                         testing::Values([]() -> std::unique_ptr<KeyValueProvider> {
                           return serve(kv::k_vault, "secret-per-key");
                         }));
INSTANTIATE_TEST_SUITE_P(VaultBuckets, KeyValueSuite,
                         testing::Values([]() -> std::unique_ptr<KeyValueProvider> {
                           return serve(kv::k_vault_buckets, "secret-per-bucket");
                         }));

}  // namespace weft::tests

namespace weft::providers::keyvalue_vault {
namespace {

namespace kv = contracts::keyvalue;
using tests::bytes;
using tests::KeyValueCall;
using tests::KeyValueProvider;
using tests::VaultServer;

class KeyValueVault : public testing::Test {
 protected:
  std::unique_ptr<KeyValueProvider> serve(contracts::Settings settings) {
    settings.try_emplace("addr", server.url());
    settings.try_emplace("token", server.root_token());
    settings.try_emplace("mount", mount);
    const bool per_key = settings["layout"] == "secret-per-key";
    return std::make_unique<KeyValueProvider>(kind(), per_key ? kv::k_vault : kv::k_vault_buckets,
                                              settings);
  }
  static void set(KeyValueProvider& store, kv::Item item, std::string_view value) {
    EXPECT_TRUE(KeyValueCall(*store.user, "set", item, bytes(value)).result<void>());
  }
  static std::optional<std::string> get(KeyValueProvider& store, kv::Item item) {
    const auto value =
        KeyValueCall(*store.user, "get", item).result<std::optional<kv::OwnedBytes>>().value();
    return value ? std::optional(tests::text(*value)) : std::nullopt;
  }

  VaultServer& server = tests::shared_server();
  const std::string mount = server.new_engine();
};

TEST_F(KeyValueVault, finds_what_the_1x_provider_wrote_and_writes_what_that_one_reads) {
  const auto store = serve({});
  // As it did: a secret for the bucket, a field for each key, base64 without padding.
  server.cli({"kv", "put", "-mount=" + mount, "shop/cart", "user:7=YW5u", "visits=NDE"});

  EXPECT_EQ(get(*store, {"shop/cart", "user:7"}), "ann");
  EXPECT_EQ(
      (KeyValueCall(*store->user, "increment", kv::Item{"shop/cart", "visits"}, std::int64_t{1})
           .result<std::int64_t>()),
      42);
  set(*store, {"shop/cart", "new"}, "tea!");

  EXPECT_EQ(server.cli({"kv", "get", "-mount=" + mount, "-field=new", "shop/cart"}), "dGVhIQ");
  EXPECT_EQ(server.cli({"kv", "get", "-mount=" + mount, "-field=visits", "shop/cart"}), "NDI");
  EXPECT_EQ(server.cli({"kv", "get", "-mount=" + mount, "-field=user:7", "shop/cart"}), "YW5u");
}

TEST_F(KeyValueVault, writes_a_secret_for_each_key_that_bao_reads_and_reads_what_bao_wrote) {
  const auto store = serve({{"layout", "secret-per-key"}});
  set(*store, {"orders", "user:7"}, "ann");
  set(*store, {"orders", "a/b"}, std::string_view("\xff\0", 2));
  server.cli({"kv", "put", "-mount=" + mount, "orders/theirs", "value=tea"});

  EXPECT_EQ(server.cli({"kv", "get", "-mount=" + mount, "-field=value", "orders/user:7"}), "ann");
  EXPECT_EQ(server.cli({"kv", "get", "-mount=" + mount, "-field=value_base64", "orders/a=2Fb"}),
            "/wA");
  EXPECT_EQ(get(*store, {"orders", "theirs"}), "tea");
}

TEST_F(KeyValueVault, leaves_nothing_of_a_key_that_it_deletes) {
  const auto store = serve({{"layout", "secret-per-key"}});
  set(*store, {"orders", "k"}, "one");
  set(*store, {"orders", "k"}, "two");
  set(*store, {"orders", "other"}, "v");

  EXPECT_TRUE(KeyValueCall(*store->user, "delete", kv::Item{"orders", "k"}).result<void>());

  EXPECT_EQ(server.cli({"kv", "list", "-mount=" + mount, "-format=json", "orders/"}),
            "[\n  \"other\"\n]");
}

TEST_F(KeyValueVault, sees_that_somebody_else_changed_a_value_it_gave_a_version_of) {
  const auto store = serve({{"layout", "secret-per-key"}});
  set(*store, {"b", "k"}, "v");
  const auto seen = KeyValueCall(*store->user, "get-with-version", kv::Item{"b", "k"})
                        .result<kv::Snapshot>()
                        .value();
  server.cli({"kv", "put", "-mount=" + mount, "b/k", "value=theirs"});

  const auto late = KeyValueCall(*store->user, "compare-and-swap", kv::Item{"b", "k"}, seen.version,
                                 bytes("mine"))
                        .result<kv::Outcome>()
                        .value();

  EXPECT_EQ(tests::text(*std::get<kv::Changed>(late).value.value), "theirs");
}

TEST_F(KeyValueVault, writes_to_an_engine_that_wants_every_write_checked) {
  const auto store = serve({{"layout", "secret-per-key"}});
  server.cli({"write", mount + "/config", "cas_required=true"});

  set(*store, {"b", "k"}, "one");
  set(*store, {"b", "k"}, "two");

  EXPECT_EQ(get(*store, {"b", "k"}), "two");
}

TEST_F(KeyValueVault, speaks_tls_with_the_authorities_it_is_given_and_with_no_other) {
  VaultServer secure({.listener = VaultServer::Listener::tls});
  const contracts::Settings common = {
      {"addr", secure.url()}, {"token", secure.root_token()}, {"mount", "secret"}};
  auto trusting = common;
  trusting["certs"] = secure.certificates();
  const auto good = serve(trusting);
  const auto bad = serve(common);

  set(*good, {"b", "k"}, "v");
  const auto refused = KeyValueCall(*bad->user, "get", kv::Item{"b", "k"}).wait();

  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Errc::unavailable);
  EXPECT_NE(refused.error().message.find("certificate"), std::string::npos)
      << refused.error().message;
}

TEST_F(KeyValueVault, refuses_wrong_settings_by_their_keys_without_showing_a_secret) {
  const auto why_not = [](contracts::Settings settings) {
    const auto read = read_settings(settings);
    return read ? "taken" : read.error().message;
  };
  EXPECT_TRUE(why_not({}).starts_with("Vault wants to know who asks: give `token`"));
  EXPECT_TRUE(why_not({{"role_id", "r"}}).starts_with("`role_id` and `secret_id` belong together"));
  EXPECT_TRUE(why_not({{"token", "hush"}, {"addr", "hush:1"}}).starts_with("`addr`: "));
  EXPECT_TRUE(why_not({{"token", "hush"}, {"layout", "x"}}).starts_with("`layout: x` is neither"));
  EXPECT_TRUE(why_not({{"token", "hush"}, {"certs", "/no.pem"}}).starts_with("`certs` is for TLS"));
  EXPECT_EQ(why_not({{"token", "hush"}, {"addr", "https://v"}, {"certs", "/no.pem"}}),
            "`certs`: /no.pem cannot be read");
  EXPECT_EQ(why_not({{"token", "hush"}, {"addr", "http://hush@v"}}).find("hush"),
            std::string::npos);
}

}  // namespace
}  // namespace weft::providers::keyvalue_vault
