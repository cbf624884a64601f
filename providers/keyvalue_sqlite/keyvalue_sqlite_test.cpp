#include "providers/keyvalue_sqlite/keyvalue_sqlite.h"

#include <gtest/gtest.h>

#include <vector>

#include "base/manual_clock.h"
#include "contracts/keyvalue/capabilities.h"
#include "tests/contracts/keyvalue_sqlite.h"
#include "tests/contracts/keyvalue_suite_calls.h"

namespace weft::tests {

INSTANTIATE_TEST_SUITE_P(Sqlite, KeyValueSuite,
                         testing::Values([]() -> std::unique_ptr<KeyValueProvider> {
                           return std::make_unique<KeyValueProvider>(
                               providers::keyvalue_sqlite::kind(), kv::k_sqlite);
                         }));

}  // namespace weft::tests

namespace weft::providers::keyvalue_sqlite {
namespace {

using tests::bytes;
using tests::KeyValueCall;
namespace kv = contracts::keyvalue;

class KeyValueSqliteTest : public testing::Test {
 protected:
  std::unique_ptr<KeyValueSqlite> open(sqlite::WriterLimits limits = {}) {
    return KeyValueSqlite::start({folder.path(), "test", limits}, around.system_clock, around.log)
        .value();
  }
  static std::int64_t increment(UserHarness& user) {
    return KeyValueCall(user, "increment", kv::Item{"b", "n"}, std::int64_t{1})
        .result<std::int64_t>()
        .value();
  }

  ScratchFolder folder;
  Surroundings around;
};

TEST_F(KeyValueSqliteTest, finds_everything_again_after_it_was_closed) {
  {
    const auto store = open();
    UserHarness user(*store);
    EXPECT_EQ(increment(user), 1);
    store->close();
  }
  const auto store = open();
  UserHarness user(*store);

  EXPECT_EQ(increment(user), 2);
}

TEST_F(KeyValueSqliteTest, gives_versions_of_different_runs_different_names) {
  std::string first;
  for (int run = 0; run < 2; ++run) {
    const auto store = open();
    UserHarness user(*store);
    EXPECT_TRUE(KeyValueCall(user, "set", kv::Item{"b", "k"}, bytes("v")).result<void>());
    const auto seen =
        KeyValueCall(user, "get-with-version", kv::Item{"b", "k"}).result<kv::Snapshot>();
    EXPECT_NE(seen->version, first);
    first = seen->version;
  }
}

TEST_F(KeyValueSqliteTest, commits_together_what_a_thread_writes_while_it_has_other_work) {
  constexpr std::uintmax_t k_frame = 24 + 4096;  // what one commit of one page adds to the log
  const auto store = open();
  UserHarness user(*store);
  const std::string log = store->path().string() + "-wal";
  EXPECT_EQ(increment(user), 1);
  const auto before = std::filesystem::file_size(log);

  std::vector<std::unique_ptr<KeyValueCall>> calls;
  for (int i = 0; i < 500; ++i) {
    calls.push_back(
        std::make_unique<KeyValueCall>(user, "increment", kv::Item{"b", "n"}, std::int64_t{1}));
  }
  for (auto& call : calls) EXPECT_TRUE(call->result<std::int64_t>());

  EXPECT_EQ(std::filesystem::file_size(log), before + k_frame);
}

TEST_F(KeyValueSqliteTest, answers_a_read_before_the_call_returns_even_while_writes_wait) {
  const auto store = open();
  UserHarness user(*store);
  KeyValueCall write(user, "set", kv::Item{"b", "k"}, bytes("v"));

  KeyValueCall read(user, "exists", kv::Item{"b", "other"});

  EXPECT_TRUE(read.over());
  EXPECT_FALSE(write.over());
  EXPECT_TRUE(write.result<void>());
}

TEST_F(KeyValueSqliteTest, refuses_a_write_whose_deadline_has_passed_and_does_not_do_it) {
  const ManualClock clock;
  const auto store = KeyValueSqlite::start({folder.path(), "test"}, clock, around.log).value();
  UserHarness user(*store);
  contracts::Context context;
  context.deadline = clock.now();

  KeyValueCall late(user, context, "set", kv::Item{"b", "k"}, bytes("v"));
  context.deadline += std::chrono::nanoseconds(1);
  KeyValueCall in_time(user, context, "set", kv::Item{"b", "other"}, bytes("v"));

  EXPECT_EQ(late.wait().error().code, Errc::timed_out);
  EXPECT_TRUE(in_time.result<void>());
  EXPECT_EQ((KeyValueCall(user, "exists", kv::Item{"b", "k"}).result<bool>()), false);
}

TEST_F(KeyValueSqliteTest, answers_unavailable_at_once_when_too_much_waits) {
  const auto store = open({.bytes = 1000});
  UserHarness user(*store);

  KeyValueCall large(user, "set", kv::Item{"b", "k"}, bytes(std::string(2000, 'x')));

  ASSERT_TRUE(large.over());
  EXPECT_EQ(large.wait().error().code, Errc::unavailable);
}

TEST_F(KeyValueSqliteTest, finishes_what_waits_when_it_closes_and_refuses_what_comes_later) {
  const auto store = open();
  UserHarness user(*store);
  KeyValueCall before(user, "set", kv::Item{"b", "k"}, bytes("v"));

  store->close();
  KeyValueCall after(user, "set", kv::Item{"b", "k"}, bytes("late"));
  KeyValueCall read(user, "exists", kv::Item{"b", "k"});

  EXPECT_TRUE(before.result<void>());
  EXPECT_EQ(after.wait().error().code, Errc::unavailable);
  EXPECT_EQ(read.result<bool>(), true);
}

TEST_F(KeyValueSqliteTest,
       says_nothing_to_a_caller_that_cancelled_and_forgets_a_shard_that_is_gone) {
  const auto store = open();
  {
    UserHarness user(*store);
    KeyValueCall cancelled(user, "set", kv::Item{"b", "k"}, bytes("v"));
    cancelled.cancel();
    EXPECT_EQ(increment(user), 1);
    EXPECT_FALSE(cancelled.over());
    KeyValueCall left(user, "set", kv::Item{"b", "k"}, bytes("v"));
  }
  UserHarness user(*store);

  EXPECT_EQ(increment(user), 2);
}

TEST_F(KeyValueSqliteTest, names_the_limit_that_a_name_or_value_exceeds) {
  const auto store = open();
  UserHarness user(*store);
  const std::string long_bucket(kv::k_bucket_bytes + 1, 'b'), long_key(kv::k_key_bytes + 1, 'k'),
      longest_key(kv::k_key_bytes, 'k'), longest_bucket(kv::k_bucket_bytes, 'b'),
      large(kv::k_value_bytes + 1, 'v');
  const auto refusal = [&](kv::Item item, std::string_view value) {
    const auto result = KeyValueCall(user, "set", item, bytes(value)).result<void>();
    return result ? std::string("taken") : std::get<kv::Other>(result.error()).value;
  };

  EXPECT_EQ(refusal({long_bucket, "k"}, ""),
            "the bucket's name has 256 bytes, at most 255 are allowed");
  EXPECT_EQ(refusal({"", "k"}, ""), "a bucket needs a name");
  EXPECT_EQ(refusal({"b", long_key}, ""), "the key has 4097 bytes, at most 4096 are allowed");
  EXPECT_EQ(refusal({"b", "k"}, large),
            "the value has 67108865 bytes, at most 67108864 are allowed");
  EXPECT_EQ(refusal({longest_bucket, longest_key}, "v"), "taken");
}

TEST_F(KeyValueSqliteTest, keeps_the_write_ahead_log_small_under_lasting_load) {
  const auto store = open();
  UserHarness user(*store);

  for (int i = 0; i < 500; ++i) {
    const auto key = std::to_string(i % 10);
    // Each is different: pages that stay the same are not written again.
    const std::string value(64 * 1024, static_cast<char>('0' + i / 10));
    ASSERT_TRUE((KeyValueCall(user, "set", kv::Item{"b", key}, bytes(value)).result<void>()));
  }

  EXPECT_LT(std::filesystem::file_size(store->path().string() + "-wal"), 20u << 20);
}

TEST_F(KeyValueSqliteTest, keeps_an_id_with_strange_characters_inside_the_folder) {
  const auto store =
      KeyValueSqlite::start({folder.path(), "../shop/kv\n"}, around.system_clock, around.log)
          .value();

  EXPECT_EQ(store->path(), folder.path() / "%2E.%2Fshop%2Fkv%0A.db");
}

}  // namespace
}  // namespace weft::providers::keyvalue_sqlite
