#include "cli/values.h"

#include <gtest/gtest.h>

namespace weft::cli {
namespace {

TEST(LimitsOfAProgram, end_it_only_where_a_flag_says_so) {
  const auto limits = program_limits({"memory=512MiB"});
  ASSERT_TRUE(limits);
  EXPECT_EQ(limits->memory, 512ull << 20);
  EXPECT_EQ(limits->cpu_time, 0u);
  EXPECT_EQ(limits->response_time, 0u);

  EXPECT_EQ(program_limits({"cpu_time=2s"})->cpu_time, 2'000'000'000u);
}

}  // namespace
}  // namespace weft::cli
