#include "net/resolver.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

namespace weft::net {
namespace {

TEST(SystemResolver, finds_this_machine_and_tells_names_that_do_not_exist) {
  boost::asio::io_context io;
  SystemResolver resolver;
  std::optional<Result<Addresses>> found, missing;

  const auto first = resolver.resolve({"localhost", "a"}, io.get_executor(),
                                      [&](auto answer) { found = std::move(answer); });
  const auto second = resolver.resolve({"does-not-exist.invalid", "a"}, io.get_executor(),
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

  (void)resolver.resolve({"localhost", "a"}, io.get_executor(), [&](const auto&) { ++answers; });
  io.run();

  EXPECT_EQ(answers, 0);
}

TEST(SystemResolver, refuses_more_questions_than_may_wait) {
  boost::asio::io_context io;
  SystemResolver resolver({.threads = 0, .waiting = 1}, nullptr);
  std::optional<Result<Addresses>> refused;

  const auto waits = resolver.resolve({"localhost", "a"}, io.get_executor(), [](const auto&) {});
  const auto second = resolver.resolve({"localhost", "a"}, io.get_executor(),
                                       [&](auto answer) { refused = std::move(answer); });
  io.poll();

  ASSERT_TRUE(refused && !*refused);
  EXPECT_EQ(refused->error().code, Errc::unavailable);
}

// Answers names that begin with "slow" only when told.
class Server {
 public:
  Result<Addresses> ask(const std::string& host) {
    std::unique_lock lock(mutex_);
    if (host.starts_with("slow")) go_.wait(lock, [this] { return open_; });
    return Addresses{boost::asio::ip::make_address("127.0.0.1")};
  }
  void open() {
    const std::lock_guard lock(mutex_);
    open_ = true;
    go_.notify_all();
  }

 private:
  std::mutex mutex_;
  std::condition_variable go_;
  bool open_ = false;
};

TEST(SystemResolver, answers_others_while_one_asks_many_slow_names) {
  boost::asio::io_context io;
  Server server;
  SystemResolver resolver({.threads = 3, .threads_each = 2, .waiting = 100, .waiting_each = 10},
                          [&server](const std::string& host) { return server.ask(host); });
  std::vector<std::unique_ptr<Resolver::Lookup>> slow;
  int answered = 0, refused = 0;
  for (int i = 0; i < 20; ++i) {
    slow.push_back(resolver.resolve({"slow", "greedy"}, io.get_executor(),
                                    [&](auto answer) { ++(answer ? answered : refused); }));
  }

  bool found = false;
  const auto other = resolver.resolve({"fast", "other"}, io.get_executor(), [&](auto answer) {
    found = answer.has_value();
    EXPECT_EQ(answered, 0);
    server.open();
  });
  while (!found || answered + refused < 20) {
    if (io.run_one_for(std::chrono::seconds(10)) == 0) break;
  }

  EXPECT_TRUE(found);
  EXPECT_EQ(answered + refused, 20);
  EXPECT_GE(refused, 8);
  server.open();
}

}  // namespace
}  // namespace weft::net
