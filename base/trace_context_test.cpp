#include "base/trace_context.h"

#include <gtest/gtest.h>

namespace weft {
namespace {

constexpr std::string_view k_valid = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

TEST(TraceContext, reads_a_header_and_writes_it_back) {
  const auto context = TraceContext::parse(k_valid);

  ASSERT_TRUE(context);
  EXPECT_TRUE(context->sampled);
  EXPECT_EQ(context->trace_text(), "0af7651916cd43dd8448eb211c80319c");
  EXPECT_EQ(context->span_text(), "b7ad6b7169203331");
  EXPECT_EQ(context->header(), k_valid);
}

TEST(TraceContext, reads_a_later_version_that_carries_more) {
  EXPECT_TRUE(
      TraceContext::parse("cc-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-what-next"));
}

TEST(TraceContext, refuses_what_the_standard_forbids) {
  for (const auto* text : {"", "00", "00-00000000000000000000000000000000-b7ad6b7169203331-01",
                           "00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01",
                           "ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
                           "00-0AF7651916CD43DD8448EB211C80319C-b7ad6b7169203331-01",
                           "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-more",
                           "00_0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"}) {
    EXPECT_FALSE(TraceContext::parse(text)) << text;
  }
}

TEST(TraceContext, keeps_the_trace_and_changes_the_span_in_a_child) {
  SystemRandom random;
  const auto parent = TraceContext::make(random);

  const auto child = parent.child(random);

  EXPECT_EQ(child.trace, parent.trace);
  EXPECT_NE(child.span, parent.span);
}

}  // namespace
}  // namespace weft
