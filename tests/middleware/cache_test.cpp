// What a reader behind `cache` may see, and what becomes of it when something is wrong.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <memory>
#include <thread>

#include "contracts/flat_contract.h"
#include "providers/keyvalue_memory/keyvalue_memory.h"
#include "tests/middleware/cache_thread.h"

namespace weft::tests {
namespace {

using testing::HasSubstr;
using namespace std::chrono_literals;

class Cache : public testing::Test {
 protected:
  std::unique_ptr<contracts::Provider> memory(contracts::Settings config = {}) {
    return providers::keyvalue_memory::kind()
        .start({.id = ComponentId("m"),
                .state = {},
                .config = std::move(config),
                .clock = clock,
                .random = random,
                .log = log})
        .value();
  }
  // A thread whose link says this.
  std::unique_ptr<CacheThread> thread(contracts::Settings settings = {{"ttl_ms", "3600000"}}) {
    return std::make_unique<CacheThread>(CacheHost{*origin, *near, clock, random, log, reporter},
                                         settings);
  }
  static std::optional<std::string> get(KeyValueHarness& user, std::string_view key = "k") {
    const auto value = KeyValueCall(user, "get", kv::Item{"b", key})
                           .result<std::optional<kv::OwnedBytes>>()
                           .value();
    return value ? std::optional(text(*value)) : std::nullopt;
  }
  static void set(KeyValueHarness& user, std::string_view value, std::string_view key = "k") {
    EXPECT_TRUE(KeyValueCall(user, "set", kv::Item{"b", key}, bytes(value)).result<void>());
  }

  SystemClock clock;
  SystemRandom random;
  Log log{{}, clock, [](std::string_view) {}};
  engine::Reporter reporter{log};
  std::unique_ptr<contracts::Provider> origin = memory(), near = memory();
};

TEST_F(Cache, asks_the_store_behind_once_for_what_is_read_again) {
  const auto user = thread();
  set(*user, "v");
  const auto before = user->origin().calls;

  for (int i = 0; i < 5; ++i) EXPECT_EQ(get(*user), "v");
  for (int i = 0; i < 5; ++i) EXPECT_EQ(get(*user, "none"), std::nullopt);

  EXPECT_EQ(user->origin().calls - before, 2);
}

TEST_F(Cache, shows_what_others_wrote_behind_it_when_the_time_is_up_and_not_later) {
  const auto user = thread({{"ttl_ms", "200"}});
  set(*user, "old");
  EXPECT_EQ(get(*user), "old");
  const auto read = std::chrono::steady_clock::now();

  set(user->behind(), "new");

  auto seen = get(*user);
  if (std::chrono::steady_clock::now() < read + 150ms) {
    EXPECT_EQ(seen, "old");
  }
  std::this_thread::sleep_until(read + 210ms);
  EXPECT_EQ(get(*user), "new");
}

TEST_F(Cache, shows_on_every_thread_what_was_written_on_one) {
  const auto one = thread(), other = thread();
  set(*one, "1");
  EXPECT_EQ(get(*other), "1");

  set(*one, "2");
  EXPECT_EQ(get(*other), "2");
  EXPECT_TRUE(KeyValueCall(*other, "increment", kv::Item{"b", "k"}, std::int64_t{5})
                  .result<std::int64_t>());
  EXPECT_EQ(get(*one), "7");
  EXPECT_TRUE(
      KeyValueCall(*one, "delete-many", std::string_view("b"), std::vector<std::string_view>{"k"})
          .result<void>());
  EXPECT_EQ(get(*other), std::nullopt);
  EXPECT_TRUE(KeyValueCall(*other, "set-many", std::string_view("b"),
                           std::vector<kv::Pair>{{"k", bytes("3")}})
                  .result<void>());
  EXPECT_EQ(get(*one), "3");
}

TEST_F(Cache, keeps_nothing_that_was_read_before_a_write_and_answered_after_it) {
  for (const auto* before : {"old", ""}) {
    const auto user = thread();
    if (*before != '\0') set(*user, before, "k");
    user->origin().hold("get");
    KeyValueCall slow(*user, "get", kv::Item{"b", "k"});
    while (!user->origin().holds()) user->run_some();

    set(*user, "new");
    user->origin().hold("");
    user->origin().release();
    EXPECT_TRUE(slow.wait()) << "the reader itself may see either";

    EXPECT_EQ(get(*user), "new");
    EXPECT_TRUE(KeyValueCall(*user, "delete", kv::Item{"b", "k"}).result<void>());
  }
}

TEST_F(Cache, goes_on_without_the_store_in_which_it_keeps_things) {
  const auto user = thread();
  set(*user, "1");
  EXPECT_EQ(get(*user), "1");

  user->lose_near();

  set(*user, "2");
  EXPECT_EQ(get(*user), "2");
  set(user->behind(), "3");
  EXPECT_EQ(get(*user), "3");
}

TEST_F(Cache, makes_room_when_the_store_in_which_it_keeps_things_is_full) {
  near = memory({{"max_bytes", "20000"}});
  const auto user = thread();
  const std::string value(500, 'v');
  for (int i = 0; i < 100; ++i) set(user->behind(), value, "k" + std::to_string(100 + i));

  for (int i = 0; i < 100; ++i) EXPECT_EQ(get(*user, "k" + std::to_string(100 + i)), value);
  const auto before = user->origin().calls;
  EXPECT_EQ(get(*user, "k198"), value);

  EXPECT_EQ(user->origin().calls, before) << "one of the last is kept";
  set(*user, "new", "k198");
  EXPECT_EQ(get(*user, "k198"), "new");
}

TEST_F(Cache, keeps_no_value_that_is_larger_than_it_is_told) {
  const auto user = thread({{"max_value_bytes", "10"}});
  set(*user, "eleven byte");
  EXPECT_EQ(get(*user), "eleven byte");
  const auto before = user->origin().calls;

  EXPECT_EQ(get(*user), "eleven byte");

  EXPECT_EQ(user->origin().calls, before + 1);
}

TEST_F(Cache, says_which_setting_is_wrong) {
  const auto user = thread({{"ttl_ms", "5s"}});

  const auto read =
      KeyValueCall(*user, "get", kv::Item{"b", "k"}).result<std::optional<kv::OwnedBytes>>();

  EXPECT_THAT(std::get<kv::Other>(read.error()).value, HasSubstr("`ttl_ms: 5s` is no number"));
}

TEST_F(Cache, passes_on_why_the_store_behind_does_not_answer) {
  const auto user = thread();
  origin->close();

  const auto write = KeyValueCall(*user, "set", kv::Item{"b", "k"}, bytes("v")).result<void>();
  const auto read =
      KeyValueCall(*user, "get", kv::Item{"b", "k"}).result<std::optional<kv::OwnedBytes>>();

  EXPECT_THAT(std::get<kv::Unavailable>(write.error()).value, HasSubstr("is being closed"));
  EXPECT_THAT(std::get<kv::Unavailable>(read.error()).value, HasSubstr("is being closed"));
}

TEST_F(Cache, has_the_contract_as_it_stands_in_the_wit) {
  const auto& type = CacheThread::type();
  const auto* flat =
      contracts::find_flat_contract(*contracts::InterfaceName::parse(kv::k_interface));

  for (const auto* side : {&type.imports, &type.exports}) {
    const auto found = std::ranges::find_if(
        *side, [](const auto& one) { return one.name.text() == kv::k_interface; });
    ASSERT_NE(found, side->end());
    for (const auto& one : flat->functions) {
      const auto function =
          std::ranges::find(found->functions, one.name, &contracts::FunctionType::name);
      ASSERT_NE(function, found->functions.end()) << one.name;
      EXPECT_EQ(function->signature, one.signature);
    }
    EXPECT_EQ(found->functions.size(), flat->functions.size());
  }
}

}  // namespace
}  // namespace weft::tests
