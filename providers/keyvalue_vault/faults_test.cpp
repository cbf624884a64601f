// What a call is told when Vault, or the way to it, fails.
#include <gtest/gtest.h>

#include <chrono>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include "contracts/keyvalue/capabilities.h"
#include "providers/keyvalue_vault/keyvalue_vault.h"
#include "tests/contracts/keyvalue_provider.h"
#include "tests/support/fault_proxy.h"
#include "tests/support/vault_server.h"

namespace weft::providers::keyvalue_vault {
namespace {

namespace kv = contracts::keyvalue;
using namespace std::chrono_literals;
using tests::bytes;
using tests::FaultProxy;
using tests::KeyValueCall;
using tests::KeyValueProvider;
using tests::VaultServer;
using SteadyClock = std::chrono::steady_clock;

std::string local(std::uint16_t port) { return "http://127.0.0.1:" + std::to_string(port); }

contracts::Context within(std::chrono::milliseconds time) {
  contracts::Context context;
  context.deadline = SteadyClock::now() + time;
  return context;
}

class VaultFaults : public testing::Test {
 protected:
  // One for all; a test that changes it puts it right again.
  static VaultServer& server() {
    static VaultServer one({.storage = VaultServer::Storage::disk});
    return one;
  }
  static std::unique_ptr<KeyValueProvider> serve(contracts::Settings settings) {
    settings.try_emplace("layout", "secret-per-key");
    settings.try_emplace("addr", server().url());
    return std::make_unique<KeyValueProvider>(kind(), kv::k_vault, settings);
  }
  std::unique_ptr<KeyValueCall> begin(std::string_view function, std::chrono::milliseconds time) {
    return std::make_unique<KeyValueCall>(*store->user, within(time), function, kv::Item{"b", "k"});
  }
  std::unique_ptr<KeyValueCall> begin_increment(std::chrono::milliseconds time) {
    return std::make_unique<KeyValueCall>(*store->user, within(time), "increment",
                                          kv::Item{"b", "n"}, std::int64_t{1});
  }
  bool works(std::chrono::milliseconds time) { return bool(begin("exists", time)->wait()); }
  static Result<contracts::Image> set(KeyValueProvider& provider) {
    return KeyValueCall(*provider.user, within(5s), "set", kv::Item{"b", "k"}, bytes("hunter2"))
        .wait();
  }
  static bool is_denied(const Result<contracts::Image>& reply) {
    if (!reply) return false;
    const auto result = contracts::decode<std::tuple<std::expected<void, kv::StoreError>>>(*reply);
    const auto& answer = std::get<0>(*result);
    return !answer && std::holds_alternative<kv::AccessDenied>(answer.error());
  }
  static void expect_unavailable(const Result<contracts::Image>& reply, std::string_view why) {
    ASSERT_FALSE(reply);
    EXPECT_EQ(reply.error().code, Errc::unavailable) << reply.error().message;
    EXPECT_TRUE(reply.error().message.starts_with("weft:keyvalue-vault suite (http://127.0.0.1:"))
        << reply.error().message;
    EXPECT_NE(reply.error().message.find(why), std::string::npos) << reply.error().message;
  }

  FaultProxy proxy{server().port()};
  std::unique_ptr<KeyValueProvider> store =
      serve({{"addr", local(proxy.port())}, {"token", server().root_token()}});
};

TEST_F(VaultFaults, waits_for_a_slow_way_until_the_deadline_and_no_longer) {
  ASSERT_TRUE(works(10s));
  proxy.delay(300ms);

  EXPECT_TRUE(works(10s));
  const auto before = SteadyClock::now();
  const auto late = begin("exists", 50ms)->wait();
  EXPECT_LT(SteadyClock::now() - before, 280ms);

  EXPECT_EQ(late.error().code, Errc::timed_out);
  EXPECT_TRUE(works(10s));
}

TEST_F(VaultFaults, ends_a_write_under_way_when_the_connection_is_cut_and_serves_the_next) {
  ASSERT_TRUE(works(10s));
  proxy.delay(500ms);
  const auto call = begin_increment(10s);
  store->user->run_for(700ms);  // it has read, and written what nobody answers yet

  proxy.mend();
  proxy.cut(FaultProxy::Then::serve);

  expect_unavailable(call->wait(), "whether it was done is not known");
  EXPECT_TRUE(works(10s));
  EXPECT_EQ(store->user->store().in_flight(), 0u);
}

TEST_F(VaultFaults, reads_again_when_the_connection_is_cut) {
  ASSERT_TRUE(works(10s));
  proxy.delay(1min);
  const auto call = begin("exists", 10s);
  store->user->run_for(100ms);

  proxy.mend();
  proxy.cut(FaultProxy::Then::serve);

  EXPECT_TRUE(call->wait());
}

TEST_F(VaultFaults, lets_calls_wait_while_vault_is_away_and_does_them_when_it_is_back) {
  ASSERT_TRUE(works(10s));
  proxy.cut(FaultProxy::Then::refuse);
  store->user->run_for(50ms);

  const auto impatient = begin("exists", 200ms);
  const auto patient = begin_increment(10s);
  expect_unavailable(impatient->wait(), "");
  proxy.mend();

  EXPECT_TRUE(patient->result<std::int64_t>());
}

TEST_F(VaultFaults, does_not_do_what_was_given_up_while_vault_was_away) {
  ASSERT_TRUE(works(10s));
  proxy.cut(FaultProxy::Then::refuse);
  store->user->run_for(50ms);
  const kv::Item item{"given-up", "k"};

  KeyValueCall late(*store->user, within(50ms), "set", item, bytes("late"));
  KeyValueCall cancelled(*store->user, within(10s), "set", kv::Item{"given-up", "c"}, bytes("v"));
  EXPECT_FALSE(late.wait());
  cancelled.cancel();
  proxy.mend();

  ASSERT_TRUE(works(10s));
  store->user->run_for(100ms);
  EXPECT_EQ((KeyValueCall(*store->user, "exists", item).result<bool>()), false);
  EXPECT_EQ((KeyValueCall(*store->user, "exists", kv::Item{"given-up", "c"}).result<bool>()),
            false);
}

TEST_F(VaultFaults, ends_calls_on_a_half_open_connection_by_their_deadlines) {
  ASSERT_TRUE(works(10s));
  proxy.black_hole();
  EXPECT_EQ(begin("exists", 100ms)->wait().error().code, Errc::timed_out);

  proxy.mend();

  EXPECT_TRUE(works(10s));
}

TEST_F(VaultFaults, refuses_at_once_what_is_more_than_may_wait) {
  ASSERT_TRUE(works(10s));
  proxy.cut(FaultProxy::Then::refuse);
  std::vector<std::unique_ptr<KeyValueCall>> calls;
  for (int i = 0; i < 4200; ++i) {
    const auto key = std::to_string(i);
    calls.push_back(
        std::make_unique<KeyValueCall>(*store->user, within(2s), "exists", kv::Item{"b", key}));
  }

  EXPECT_TRUE(calls.back()->over());
  expect_unavailable(calls.back()->wait(), "4096 calls wait already");
  for (auto& call : calls) EXPECT_FALSE(call->wait());
  proxy.mend();
  EXPECT_TRUE(works(10s));
}

TEST_F(VaultFaults, waits_while_vault_is_sealed_and_says_so) {
  ASSERT_TRUE(works(10s));
  server().seal();
  expect_unavailable(begin("exists", 300ms)->wait(),
                     "sealed: unseal it with `bao operator unseal`");
  const auto patient = begin("exists", 30s);
  store->user->run_for(50ms);

  server().unseal();

  EXPECT_TRUE(patient->wait());
}

TEST_F(VaultFaults, keeps_what_it_acknowledged_over_a_kill_and_a_restart_in_the_middle) {
  ASSERT_TRUE(works(10s));
  const auto before = begin_increment(10s)->result<std::int64_t>().value();
  std::int64_t acknowledged = 0, unknown = 0;
  for (int i = 0; i < 40; ++i) {
    const auto call = begin_increment(5s);
    if (i == 20) {
      store->user->run_for(1ms);
      server().end();
      server().start();
    }
    call->wait() ? ++acknowledged : ++unknown;
  }

  const auto after = begin_increment(10s)->result<std::int64_t>().value();
  // The one under way, and what a server that is still starting takes and does not answer.
  EXPECT_LE(unknown, 5);
  EXPECT_GE(after, before + acknowledged + 1);
  EXPECT_LE(after, before + acknowledged + unknown + 1);
}

TEST_F(VaultFaults, names_the_policy_that_a_token_lacks_and_goes_on_reading) {
  const auto token = server().new_token(R"(path "secret/data/b/*" { capabilities = ["read"] })");
  const auto reader = serve({{"token", token}});

  EXPECT_TRUE(is_denied(set(*reader)));
  EXPECT_TRUE(KeyValueCall(*reader->user, "exists", kv::Item{"b", "k"}).result<bool>());
  EXPECT_NE(reader->logged().find(
                R"(path \"secret/data/b/*\" { capabilities = [\"create\", \"update\"] })"),
            std::string::npos)
      << reader->logged();
  EXPECT_EQ(reader->logged().find("hunter2"), std::string::npos);
  EXPECT_EQ(reader->logged().find(token), std::string::npos);
}

TEST_F(VaultFaults, tells_of_a_token_that_is_none_or_has_expired_and_never_shows_it) {
  const auto wrong = serve({{"token", "s.nosuchtokenatall"}});
  EXPECT_TRUE(is_denied(set(*wrong)));
  const auto token = server().new_token(
      R"(path "secret/*" { capabilities = ["create", "read", "update"] })", {"-ttl=20s"});
  const auto revoked = serve({{"token", token}});
  EXPECT_FALSE(is_denied(set(*revoked)));

  server().cli({"token", "revoke", token});
  revoked->user->run_for(2500ms);  // it is known to be good for so long

  EXPECT_TRUE(is_denied(set(*revoked)));
  EXPECT_NE(revoked->logged().find("the token is refused: it has expired, was revoked"),
            std::string::npos);
  EXPECT_EQ(revoked->logged().find(token), std::string::npos);
  EXPECT_EQ(wrong->logged().find("nosuchtoken"), std::string::npos);
}

TEST_F(VaultFaults, takes_a_new_token_from_its_file_when_the_old_one_is_refused) {
  const tests::TemporaryFolder folder;
  const auto file = (folder.path() / "token").string();
  std::ofstream(file) << "s.stale\n";
  const auto from_file = serve({{"token_file", file}});
  EXPECT_TRUE(is_denied(set(*from_file)));

  std::ofstream(file) << server().root_token() << "\n";
  const auto until = SteadyClock::now() + 10s;
  while (is_denied(set(*from_file)) && SteadyClock::now() < until) from_file->user->run_for(100ms);

  EXPECT_FALSE(is_denied(set(*from_file)));
}

TEST_F(VaultFaults, logs_in_with_an_app_role_renews_and_logs_in_again_at_the_end_of_a_token) {
  const auto policy =
      server().new_policy(R"(path "secret/*" { capabilities = ["create", "read", "update"] })");
  server().cli({"auth", "enable", "-path=roles", "approle"});
  server().cli({"write", "auth/roles/role/shop", "token_policies=" + policy, "token_ttl=1s",
                "token_max_ttl=2s"});
  const auto role = server().cli({"read", "-field=role_id", "auth/roles/role/shop/role-id"});
  const auto secret =
      server().cli({"write", "-f", "-field=secret_id", "auth/roles/role/shop/secret-id"});
  const auto shop = serve({{"role_id", role}, {"secret_id", secret}, {"auth_mount", "roles"}});

  const auto until = SteadyClock::now() + 4s;
  int calls = 0;
  while (SteadyClock::now() < until) {
    const auto reply = set(*shop);
    ASSERT_TRUE(reply && !is_denied(reply)) << "call " << calls;
    ++calls;
    shop->user->run_for(100ms);
  }

  EXPECT_GT(calls, 10);
  EXPECT_EQ(shop->logged().find(secret), std::string::npos);
}

TEST_F(VaultFaults, says_which_words_of_an_app_role_are_refused_without_showing_them) {
  const auto wrong = serve({{"role_id", "no-role"}, {"secret_id", "guess"}});

  EXPECT_TRUE(is_denied(set(*wrong)));
  EXPECT_NE(wrong->logged().find("`auth_mount`, `role_id` and `secret_id`"), std::string::npos)
      << wrong->logged();
  EXPECT_EQ(wrong->logged().find("guess"), std::string::npos);
}

TEST_F(VaultFaults, waits_for_a_rate_limit_and_names_it_when_it_takes_too_long) {
  const auto mount = server().new_engine();
  const auto limited = serve({{"token", server().root_token()}, {"mount", mount}});
  const auto get = [&](std::chrono::milliseconds time) {
    return KeyValueCall(*limited->user, within(time), "exists", kv::Item{"b", "k"}).wait();
  };
  ASSERT_TRUE(get(10s));
  server().cli({"write", "sys/quotas/rate-limit/tight", "path=" + mount, "rate=1", "interval=2s"});

  int served = 0;
  Result<contracts::Image> last;
  for (int i = 0; i < 3 && (last = get(400ms)); ++i) ++served;

  EXPECT_LE(served, 2);
  expect_unavailable(last, "rate limit is used up");
  EXPECT_TRUE(get(10s));
  server().cli({"delete", "sys/quotas/rate-limit/tight"});
}

TEST_F(VaultFaults, names_the_limit_that_a_value_is_too_large_for) {
  const std::string large(3'000'000, 'x');  // raft holds 1 MiB

  const auto refused =
      KeyValueCall(*store->user, within(20s), "set", kv::Item{"b", "large"}, bytes(large))
          .result<void>();

  ASSERT_FALSE(refused);
  EXPECT_NE(std::get<kv::Other>(refused.error()).value.find("`max_entry_size`"), std::string::npos)
      << std::get<kv::Other>(refused.error()).value;
}

TEST_F(VaultFaults, names_a_mount_that_is_not_there) {
  const auto nowhere = serve({{"token", server().root_token()}, {"mount", "nowhere"}});

  const auto reply = set(*nowhere);

  const auto result = contracts::decode<std::tuple<std::expected<void, kv::StoreError>>>(*reply);
  EXPECT_TRUE(std::holds_alternative<kv::NoSuchStore>(std::get<0>(*result).error()));
}

}  // namespace
}  // namespace weft::providers::keyvalue_vault
