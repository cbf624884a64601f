#include "contracts/limits.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace weft::contracts {
namespace {

const LimitSpec& spec(std::string_view key) {
  return *std::ranges::find(limit_specs(), key, &LimitSpec::key);
}

TEST(Limits, are_all_listed_with_a_member_of_their_own) {
  EXPECT_EQ(limit_specs().size(), sizeof(Limits) / sizeof(std::uint64_t));
  Limits limits;
  for (const auto& one : limit_specs()) limits.*one.value = 7;
  for (const auto& one : limit_specs())
    EXPECT_EQ(std::exchange(limits.*one.value, 0), 7u) << one.key;
}

TEST(Limits, read_sizes_times_rates_and_counts) {
  EXPECT_EQ(parse_limit(spec("memory"), "64MiB"), 64ull << 20);
  EXPECT_EQ(parse_limit(spec("memory"), "1 GiB"), 1ull << 30);
  EXPECT_EQ(parse_limit(spec("memory"), "65536"), 65536ull);
  EXPECT_EQ(parse_limit(spec("cpu_time"), "500ms"), 500'000'000ull);
  EXPECT_EQ(parse_limit(spec("cpu_time"), "2m"), 120'000'000'000ull);
  EXPECT_EQ(parse_limit(spec("body_rate"), "1000"), 1000ull);
  EXPECT_EQ(parse_limit(spec("body_rate"), "2KiB/s"), 2048ull);
  EXPECT_EQ(parse_limit(spec("calls"), "12"), 12ull);
  EXPECT_EQ(parse_limit(spec("cpu_time"), "0"), 0ull);
}

TEST(Limits, say_which_forms_they_take) {
  for (const auto* text :
       {"", "fast", "10", "-1s", "1.5s", "99999999999999999999s", "99999999999999h"}) {
    const auto parsed = parse_limit(spec("cpu_time"), text);
    ASSERT_FALSE(parsed) << text;
    EXPECT_NE(parsed.error().message.find("such as 500ms"), std::string::npos)
        << parsed.error().message;
  }
  EXPECT_FALSE(parse_limit(spec("memory"), "1KiB"));
}

TEST(Limits, are_refused_beyond_what_the_engine_has_room_for) {
  EXPECT_EQ(parse_limit(spec("table_elements"), "100000"), 100'000ull);
  for (const auto* text : {"100001", "0"}) {
    const auto parsed = parse_limit(spec("table_elements"), text);
    ASSERT_FALSE(parsed) << text;
    EXPECT_NE(parsed.error().message.find("is 100000 at most"), std::string::npos)
        << parsed.error().message;
  }
  EXPECT_FALSE(parse_limit(spec("core_instances"), "65"));
}

TEST(Limits, print_what_they_read) {
  EXPECT_EQ(limit_text(LimitUnit::bytes, 64ull << 20), "64 MiB");
  EXPECT_EQ(limit_text(LimitUnit::bytes, 1000), "1000 B");
  EXPECT_EQ(limit_text(LimitUnit::rate, 240), "240 B/s");
  EXPECT_EQ(limit_text(LimitUnit::rate, 2048), "2 KiB/s");
  EXPECT_EQ(limit_text(LimitUnit::rate, 1000), "1000 B/s");
  EXPECT_EQ(limit_text(LimitUnit::time, 500'000'000), "500 ms");
  EXPECT_EQ(limit_text(LimitUnit::time, 60'000'000'000), "1 m");
  EXPECT_EQ(limit_text(LimitUnit::count, 9), "9");
}

}  // namespace
}  // namespace weft::contracts
