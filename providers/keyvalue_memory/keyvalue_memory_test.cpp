#include "providers/keyvalue_memory/keyvalue_memory.h"

#include <gtest/gtest.h>

#include "tests/contracts/keyvalue_suite_calls.h"

namespace weft::tests {

INSTANTIATE_TEST_SUITE_P(Memory, KeyValueSuite,
                         testing::Values([]() -> std::unique_ptr<KeyValueProvider> {
                           return std::make_unique<KeyValueProvider>(
                               providers::keyvalue_memory::kind(), kv::k_memory);
                         }));

}  // namespace weft::tests

namespace weft::providers::keyvalue_memory {
namespace {

namespace kv = contracts::keyvalue;
using tests::bytes;
using tests::KeyValueCall;

TEST(KeyValueMemory, refuses_writes_beyond_its_limit_and_takes_them_again_when_there_is_room) {
  tests::KeyValueProvider store(kind(), kv::k_memory, {{"max_bytes", "10000"}});
  const std::string value(6000, 'v');
  const auto set = [&](std::string_view key) {
    return KeyValueCall(*store.user, "set", kv::Item{"b", key}, bytes(value)).result<void>();
  };
  EXPECT_TRUE(set("one"));

  const auto full = set("two");
  const auto many =
      KeyValueCall(*store.user, "set-many", std::string_view("b"),
                   std::vector<kv::Pair>{{"small", bytes("1")}, {"two", bytes(value)}})
          .result<void>();
  EXPECT_TRUE(KeyValueCall(*store.user, "delete", kv::Item{"b", "one"}).result<void>());

  EXPECT_NE(std::get<kv::Other>(full.error()).value.find("`max_bytes` 10000"), std::string::npos);
  EXPECT_TRUE(std::holds_alternative<kv::Other>(many.error()));
  EXPECT_EQ((KeyValueCall(*store.user, "exists", kv::Item{"b", "small"}).result<bool>()), false);
  EXPECT_TRUE(set("two"));
}

TEST(KeyValueMemory, says_which_key_of_its_configuration_is_wrong) {
  const SystemClock clock;
  SystemRandom random;
  Log log({}, clock, [](std::string_view) {});

  const auto started = kind().start({.id = ComponentId("kv"),
                                     .state = {},
                                     .config = {{"max_bytes", "1 GiB"}},
                                     .clock = clock,
                                     .random = random,
                                     .log = log});

  EXPECT_EQ(started.error().message, "`max_bytes: 1 GiB` is no number of bytes");
}

}  // namespace
}  // namespace weft::providers::keyvalue_memory
