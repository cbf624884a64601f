#include "base/task_group.h"

#include <gtest/gtest.h>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace weft {
namespace {

namespace asio = boost::asio;

asio::awaitable<void> wait_forever(asio::any_io_executor executor, int& ended) {
  asio::steady_timer never(executor, asio::steady_timer::time_point::max());
  (void)co_await never.async_wait(asio::as_tuple(asio::use_awaitable));
  ++ended;
}

asio::awaitable<void> close(TaskGroup& group, int& ended, int& seen) {
  co_await group.close();
  seen = ended;
}

TEST(TaskGroup, waits_for_every_task_when_it_closes) {
  asio::io_context io;
  TaskGroup group(io.get_executor());
  int ended = 0;
  int seen = -1;
  group.spawn(wait_forever(io.get_executor(), ended));
  group.spawn(wait_forever(io.get_executor(), ended));

  asio::co_spawn(io, close(group, ended, seen), [](std::exception_ptr) {});
  io.run();

  EXPECT_EQ(seen, 2);
  EXPECT_TRUE(group.empty());
}

}  // namespace
}  // namespace weft
