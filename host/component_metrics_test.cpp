#include "host/component_metrics.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace weft::host {
namespace {

using ::testing::HasSubstr;

TEST(ComponentMetrics, escape_the_name_of_a_file) {
  std::string text;
  append_metrics(text, {{"we\"ird\\\n.wasm", {.calls = 3}}});

  EXPECT_THAT(text, HasSubstr(R"(weft_component_calls_total{component="we\"ird\\\n.wasm"} 3)"
                              "\n"));
}

}  // namespace
}  // namespace weft::host
