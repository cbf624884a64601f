#include "net/redis/reply_rest.h"

#include <gtest/gtest.h>

#include <string_view>

namespace weft::net::redis {
namespace {

TEST(ReplyRest, ends_with_the_last_of_its_values) {
  const std::string_view bytes = "$3\r\na\r\n\r\n*2\r\n:1\r\n|1\r\n+a\r\n+b\r\n$-1\r\n+next\r\n";

  ReplyRest rest(3, 0);
  const auto passed = rest.pass(bytes);

  EXPECT_TRUE(rest.over());
  EXPECT_EQ(bytes.substr(*passed), "+next\r\n");
}

TEST(ReplyRest, takes_no_byte_for_what_it_is_not) {
  EXPECT_FALSE(ReplyRest(1, 0).pass(std::string_view("x")));
  EXPECT_FALSE(ReplyRest(1, '$').pass(std::string_view("5x\r\n")));
  EXPECT_FALSE(ReplyRest(1, '*').pass(std::string_view("-2\r\n")));
  EXPECT_FALSE(ReplyRest(1, '*').pass(std::string_view("9999999999999999999999999999\r\n")));
}

}  // namespace
}  // namespace weft::net::redis
