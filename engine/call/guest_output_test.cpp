#include "engine/call/guest_output.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

namespace weft::engine {
namespace {

struct GuestOutputTest : testing::Test {
  void write(std::uint32_t fd, std::string_view bytes) { output.write(fd, bytes, line); }

  GuestOutput output;
  std::vector<std::string> lines;  // "1 text"
  GuestOutput::Line line = [this](std::uint32_t fd, std::string_view text) {
    lines.push_back(fmt::format("{} {}", fd, text));
  };
};

TEST_F(GuestOutputTest, is_told_line_by_line_however_it_is_written) {
  write(1, "one\ntw");
  write(1, "o");
  write(1, "\n\nth");

  EXPECT_EQ(lines, (std::vector<std::string>{"1 one", "1 two", "1 "}));
}

TEST_F(GuestOutputTest, keeps_the_two_streams_apart) {
  write(1, "out");
  write(2, "err\n");
  write(1, "put\n");

  EXPECT_EQ(lines, (std::vector<std::string>{"2 err", "1 output"}));
}

TEST_F(GuestOutputTest, ends_unfinished_lines_once) {
  write(2, "last words");
  write(1, "more");

  output.finish(line);
  output.finish(line);

  EXPECT_EQ(lines, (std::vector<std::string>{"1 more", "2 last words"}));
}

TEST_F(GuestOutputTest, cuts_lines_that_never_end) {
  write(1, std::string(4095, 'a'));
  EXPECT_TRUE(lines.empty());

  write(1, std::string(5000, 'b') + "\n");

  ASSERT_EQ(lines.size(), 3u);
  EXPECT_EQ(lines[0], "1 " + std::string(4095, 'a') + "b");
  EXPECT_EQ(lines[1], "1 " + std::string(4096, 'b'));
  EXPECT_EQ(lines[2], "1 " + std::string(903, 'b'));
}

TEST_F(GuestOutputTest, does_not_add_an_empty_line_to_one_of_exactly_the_longest_length) {
  write(1, std::string(4096, 'a') + "\nb\n");

  ASSERT_EQ(lines.size(), 2u);
  EXPECT_EQ(lines[1], "1 b");
}

TEST_F(GuestOutputTest, keeps_the_newest_lines_of_standard_error_for_a_report) {
  write(1, "not this\n");
  for (int i = 0; i < 30; ++i) write(2, fmt::format("line {}\n", i));
  write(2, "unfinished");

  const auto tail = output.tail();

  EXPECT_TRUE(tail.starts_with("line 11\n")) << tail;
  EXPECT_TRUE(tail.ends_with("line 29\nunfinished")) << tail;
}

TEST_F(GuestOutputTest, keeps_no_more_of_it_than_four_kib) {
  for (int i = 0; i < 100; ++i) write(2, std::string(1000, static_cast<char>('a' + i % 26)));
  const auto tail = output.tail();

  EXPECT_EQ(tail.size(), 4096u);
  EXPECT_EQ(tail.back(), static_cast<char>('a' + 99 % 26));
}

TEST_F(GuestOutputTest, has_nothing_left_for_the_next_call_once_cleared) {
  write(1, "half");
  write(2, "half");

  output.clear();
  output.finish(line);

  EXPECT_TRUE(lines.empty());
  EXPECT_EQ(output.tail(), "");
}

}  // namespace
}  // namespace weft::engine
