#include "net/resolver.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <optional>
#include <vector>

namespace weft::net {
namespace {

TEST(SystemResolver, finds_this_machine_and_tells_names_that_do_not_exist) {
  boost::asio::io_context io;
  SystemResolver resolver;
  std::optional<Result<Addresses>> found, missing;

  const auto first = resolver.resolve("localhost", io.get_executor(),
                                      [&](auto answer) { found = std::move(answer); });
  const auto second = resolver.resolve("does-not-exist.invalid", io.get_executor(),
                                       [&](auto answer) { missing = std::move(answer); });
  io.run();

  ASSERT_TRUE(found && *found);
  EXPECT_TRUE(std::ranges::any_of(**found, [](const auto& one) { return one.is_loopback(); }));
  ASSERT_TRUE(missing);
  EXPECT_FALSE(*missing);
}

TEST(SystemResolver, says_nothing_to_those_who_do_not_wait) {
  boost::asio::io_context io;
  SystemResolver resolver;
  int answers = 0;

  (void)resolver.resolve("localhost", io.get_executor(), [&](const auto&) { ++answers; });
  io.run();

  EXPECT_EQ(answers, 0);
}

TEST(SystemResolver, refuses_more_questions_than_may_wait) {
  boost::asio::io_context io;
  SystemResolver resolver({.threads = 0, .waiting = 1});
  std::optional<Result<Addresses>> refused;

  const auto waits = resolver.resolve("localhost", io.get_executor(), [](const auto&) {});
  const auto second = resolver.resolve("localhost", io.get_executor(),
                                       [&](auto answer) { refused = std::move(answer); });
  io.poll();

  ASSERT_TRUE(refused && !*refused);
  EXPECT_EQ(refused->error().code, Errc::unavailable);
}

}  // namespace
}  // namespace weft::net
