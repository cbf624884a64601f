#include "contracts/logging/wasi_logging.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <tuple>

#include "contracts/image_codec.h"
#include "contracts/recording_guest.h"

namespace weft::contracts::logging {
namespace {

class WasiLogging : public ::testing::TestWithParam<std::string_view> {
 protected:
  Result<Image> log(std::uint8_t level, std::string_view context, std::string_view message) {
    return service().call(*InterfaceName::parse(GetParam()), "log",
                          encode(std::forward_as_tuple(level, context, message)), guest);
  }
  RecordingGuest guest;
};

TEST_P(WasiLogging, keeps_level_context_and_message) {
  for (std::uint8_t level = 0; level < 6; ++level) {
    const auto result = log(level, "cart", "hello");
    ASSERT_TRUE(result) << result.error().message;
    EXPECT_EQ(result->size(), 0u);
  }

  EXPECT_EQ(guest.lines,
            (std::vector<std::string>{"trace cart hello", "debug cart hello", "info cart hello",
                                      "warn cart hello", "error cart hello", "error cart hello"}));
}

TEST_P(WasiLogging, refuses_a_level_that_there_is_not) {
  const auto result = log(6, "", "hello");

  EXPECT_EQ(result.error().code, Errc::invalid);
  EXPECT_TRUE(guest.lines.empty());
}

TEST_P(WasiLogging, is_found_by_the_exact_interface) {
  EXPECT_EQ(find_host_service(*InterfaceName::parse(GetParam())), &service());
  EXPECT_EQ(find_host_service(*InterfaceName::parse("wasi:logging/logging@0.2.0")), nullptr);
}

INSTANTIATE_TEST_SUITE_P(All, WasiLogging,
                         testing::Values("wasi:logging/logging@0.1.0-draft",
                                         "wasi:logging/logging"));

}  // namespace
}  // namespace weft::contracts::logging
