#include "contracts/messaging/subjects.h"

#include <gtest/gtest.h>

namespace weft::contracts::messaging {
namespace {

std::string why(const Result<>& result) { return result ? "" : result.error().message; }

TEST(Subjects, match_patterns_token_by_token) {
  struct Case {
    std::string_view pattern, subject;
    bool expected;
  };
  for (const auto& [pattern, subject, expected] :
       {Case{"a", "a", true},         Case{"a", "b", false},      Case{"a", "a.b", false},
        Case{"a.b", "a", false},      Case{"*", "a", true},       Case{"*", "a.b", false},
        Case{"a.*", "a.b", true},     Case{"a.*", "a", false},    Case{"*.b", "a.b", true},
        Case{"*.*", "a.b", true},     Case{">", "a", true},       Case{">", "a.b.c", true},
        Case{"a.>", "a", false},      Case{"a.>", "a.b.c", true}, Case{"a.*.>", "a.b", false},
        Case{"a.*.>", "a.b.c", true}, Case{"ab", "a", false},     Case{"a", "ab", false},
        Case{"a*", "a*", true},       Case{"a*", "ab", false},    Case{"a.>b", "a.>b", true}}) {
    EXPECT_EQ(matches(pattern, subject), expected) << pattern << " " << subject;
  }
}

TEST(Subjects, say_what_is_wrong_with_them) {
  EXPECT_EQ(why(check_subject("a.b*.c>")), "");
  EXPECT_EQ(why(check_subject("")), "a message needs a subject");
  EXPECT_EQ(why(check_subject("a\n")), "'a\n' is no subject: it has a space or control character");
  EXPECT_EQ(why(check_subject(".")), "'.' is no subject: it has an empty token");
}

TEST(Subjects, are_listed_with_their_queues) {
  const auto patterns = parse_subscriptions("a.*|workers, b.>,c");

  ASSERT_TRUE(patterns);
  EXPECT_EQ(*patterns, (std::vector<Pattern>{{"a.*", "workers"}, {"b.>", ""}, {"c", ""}}));
  for (const auto* wrong : {"", "a,", ",a", "a|", "a| ", "|q", "a.>.b", "a b", "a|q q"})
    EXPECT_FALSE(parse_subscriptions(wrong)) << wrong;
}

}  // namespace
}  // namespace weft::contracts::messaging
