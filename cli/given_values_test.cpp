#include "cli/given_values.h"

#include <gtest/gtest.h>

namespace weft::cli {
namespace {

const ValueSources k_sources{.file = [](const std::string& path) -> Result<std::string> {
                               if (path == "none")
                                 return fail(Errc::not_found, "none cannot be read");
                               return "of " + path + "\r\n";
                             },
                             .input = []() -> Result<std::string> { return "typed\n"; }};

TEST(GivenValues, come_from_files_and_standard_input_or_are_as_they_stand) {
  contracts::Settings values{{"a", "@far"}, {"b", "-"}, {"c", "@@x"}, {"d", "plain"}, {"e", ""}};

  ASSERT_TRUE(read_values(values, k_sources));

  EXPECT_EQ(values, (contracts::Settings{
                        {"a", "of far"}, {"b", "typed"}, {"c", "@x"}, {"d", "plain"}, {"e", ""}}));
}

TEST(GivenValues, say_what_could_not_be_read) {
  contracts::Settings missing{{"url", "@none"}};
  contracts::Settings twice{{"a", "-"}, {"b", "-"}};

  EXPECT_EQ(read_values(missing, k_sources).error().message,
            "the value of url: none cannot be read");
  EXPECT_EQ(read_values(twice, k_sources).error().message,
            "'a' and 'b' cannot both come from standard input");
}

TEST(GivenValues, show_a_password_where_one_stands_on_the_command_line) {
  EXPECT_TRUE(shows_password("url", "redis://:hunter2@h:6379/0"));
  EXPECT_TRUE(shows_password("url", "redis://me:hunter2@h"));
  EXPECT_TRUE(shows_password("sentinel_password", "hunter2"));
  EXPECT_TRUE(shows_password("token", "@@x"));

  EXPECT_FALSE(shows_password("url", "redis://h:6379/a:b@c"));
  EXPECT_FALSE(shows_password("url", "redis://me@h"));
  EXPECT_FALSE(shows_password("url", "@file"));
  EXPECT_FALSE(shows_password("password", "-"));
  EXPECT_FALSE(shows_password("prefix", "a"));
}

}  // namespace
}  // namespace weft::cli
