#include "engine/limit_text.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <limits>

namespace weft::engine {
namespace {

constexpr std::uint64_t k_ms = 1'000'000;

contracts::Limits settings() {
  contracts::Limits limits;
  limits.cpu_time = 500 * k_ms;
  limits.memory = 64 << 20;
  limits.host_objects = 100;
  return limits;
}

TEST(LimitText, names_the_limit_its_value_the_component_and_where_to_raise_it) {
  const LimitOrigins origins = {{"memory", "app.yaml:7"}, {"cpu_time", "app.yaml:12"}};

  EXPECT_EQ(limit_message("shop-web", settings(), origins,
                          {.key = "cpu_time", .value = 500 * k_ms, .used = 512 * k_ms}),
            "shop-web exceeded its limit cpu_time of 500 ms (512 ms used); raise `cpu_time` in "
            "app.yaml:12");
}

TEST(LimitText, names_the_trait_where_the_manifest_sets_no_limit) {
  EXPECT_EQ(limit_message("shop-web", settings(), {}, {.key = "memory", .used = (64 << 20) + 1}),
            "shop-web exceeded its limit memory of 64 MiB (64.0 MiB needed); raise it by `memory` "
            "in a `limits` trait of the component");
}

TEST(LimitText, asks_to_lower_a_limit_that_is_a_least) {
  const LimitOrigins origins = {{"body_rate", "app.yaml:7"}};

  EXPECT_EQ(limit_message("a request to shop-web", settings(), origins, {.key = "body_rate"}),
            "a request to shop-web fell below its limit body_rate of 240 B/s; lower `body_rate` in "
            "app.yaml:7");
}

TEST(LimitText, tells_the_value_that_was_enforced_rather_than_the_setting) {
  const auto text = limit_message("a", settings(), {}, {.key = "host_objects", .value = 7});

  EXPECT_NE(text.find("host_objects of 7;"), text.npos) << text;
}

TEST(LimitText, says_what_was_needed_only_where_that_is_more) {
  for (const std::uint64_t used : {0, 99, 100}) {
    const auto text = limit_message("a", settings(), {}, {.key = "host_objects", .used = used});
    EXPECT_EQ(text.find("needed"), text.npos) << text;
  }
  const auto text = limit_message("a", settings(), {}, {.key = "host_objects", .used = 101});
  EXPECT_NE(text.find("(101 needed)"), text.npos) << text;
}

TEST(LimitText, rounds_what_was_measured_to_a_digit_of_a_fitting_unit) {
  const auto needed = [](std::string_view key, std::uint64_t used) {
    contracts::Limits limits;
    limits.cpu_time = limits.memory = 1;
    const auto text = limit_message("a", limits, {}, {.key = key, .used = used});
    const auto from = text.find('('), to = text.find(')');
    return text.substr(from + 1, to - from - 1);
  };

  EXPECT_EQ(needed("cpu_time", 10'240 * k_ms), "10.2 s used");
  EXPECT_EQ(needed("cpu_time", 999 * k_ms), "999 ms used");
  EXPECT_EQ(needed("memory", 33'659'290), "32.1 MiB needed");
  EXPECT_EQ(needed("memory", 1536), "1.5 KiB needed");
  EXPECT_EQ(needed("memory", 1023), "1023 B needed");
}

TEST(LimitText, names_the_option_of_the_command_line_that_sets_it) {
  const auto text = limit_message("a", {}, {{"cpu_time", "--limit cpu_time=VALUE"}},
                                  {.key = "cpu_time", .used = 0});

  EXPECT_EQ(text, "a exceeded its limit cpu_time of 10 s; raise it with --limit cpu_time=VALUE");
}

TEST(LimitText, has_a_name_of_the_manifest_for_every_limit_of_the_engine) {
  for (int kind = ENG_LIMIT_CPU; kind <= ENG_LIMIT_HEADER_COUNT; ++kind) {
    const auto key = limit_key(static_cast<eng_limit_kind>(kind));
    const auto specs = contracts::limit_specs();
    EXPECT_EQ(std::ranges::count(specs, key, &contracts::LimitSpec::key), 1) << kind;
  }
  EXPECT_EQ(limit_key(ENG_LIMIT_NONE), "");
}

TEST(LimitText, hands_every_limit_to_the_engine_as_its_own) {
  contracts::Limits limits;
  std::uint64_t next = 0;
  for (const auto& spec : contracts::limit_specs()) limits.*spec.value = ++next;

  const auto engine = engine_limits(limits);

  EXPECT_EQ(engine.cpu_ns, limits.cpu_time);
  EXPECT_EQ(engine.memory, limits.memory);
  EXPECT_EQ(engine.table_elements, limits.table_elements);
  EXPECT_EQ(engine.instances, limits.core_instances);
  EXPECT_EQ(engine.host_objects, limits.host_objects);
  EXPECT_EQ(engine.header_count, limits.header_count);
  EXPECT_EQ(engine.header_bytes, limits.header_bytes);
  EXPECT_EQ(engine.hostcall_bytes, limits.hostcall_bytes);
  EXPECT_EQ(engine.host_bytes, limits.host_bytes);
}

// A limit that wraps around would be a small one, or none at all.
TEST(LimitText, takes_more_than_the_engine_can_count_for_the_most_it_can) {
  contracts::Limits limits;
  limits.host_objects = 1ull << 32;

  EXPECT_EQ(engine_limits(limits).host_objects, std::numeric_limits<std::uint32_t>::max());
}

}  // namespace
}  // namespace weft::engine
