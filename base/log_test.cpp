#include "base/log.h"

#include <gtest/gtest.h>

#include <chrono>
#include <string>

#include "base/manual_clock.h"

namespace weft {
namespace {

class LogTest : public testing::Test {
 protected:
  Log make(LogSettings settings) {
    return Log(settings, clock_, [this](std::string_view line) { written_ += line; });
  }
  const ManualClock clock_{WallTime(std::chrono::milliseconds(1'700'000'000'123))};
  std::string written_;
};

TEST_F(LogTest, writes_one_line_of_text_with_fields) {
  auto log = make({});

  log.info("listening", {{"address", "127.0.0.1:8000"}, {"routes", 2}});

  EXPECT_EQ(written_, "2023-11-14T22:13:20.123Z info  listening address=127.0.0.1:8000 routes=2\n");
}

TEST_F(LogTest, writes_json_that_a_quote_cannot_break) {
  auto log = make({.format = LogFormat::json});

  log.warn("a \"b\"\n", {{"path", "c:\\d"}, {"ok", true}});

  EXPECT_EQ(
      written_,
      R"({"time":"2023-11-14T22:13:20.123Z","level":"warn","message":"a \"b\"\n","path":"c:\\d","ok":true})"
      "\n");
}

TEST_F(LogTest, keeps_control_codes_of_a_guest_from_the_terminal) {
  auto log = make({});

  log.info("\x1b[2Jgone\nforged line");

  EXPECT_EQ(written_.find('\x1b'), std::string::npos);
  EXPECT_EQ(written_.find('\n'), written_.size() - 1);
}

TEST_F(LogTest, writes_json_whatever_the_bytes_of_a_guest) {
  auto log = make({.format = LogFormat::json});

  log.info(
      "a\xff\xc3(\xed\xa0\x80\xc2\x9b"
      "2J\xe2\x82\xac\xf0\x9f\x98\x80\xe2\x82");

  EXPECT_NE(written_.find("\"a\xef\xbf\xbd\xef\xbf\xbd(\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"
                          "\\u009b2J\xe2\x82\xac\xf0\x9f\x98\x80\xef\xbf\xbd\xef\xbf\xbd\""),
            std::string::npos)
      << written_;
}

TEST_F(LogTest, shows_a_field_of_several_lines_indented_below_the_sentence) {
  auto log = make({});

  log.error("trapped", {{"backtrace", "first\nsecond"}, {"component", "web"}});

  EXPECT_EQ(written_,
            "2023-11-14T22:13:20.123Z error trapped component=web\n    backtrace:\n      first\n   "
            "   second\n");
}

TEST_F(LogTest, drops_what_is_below_its_level) {
  auto log = make({.level = LogLevel::warn});

  log.info("quiet");

  EXPECT_EQ(written_, "");
}

}  // namespace
}  // namespace weft
