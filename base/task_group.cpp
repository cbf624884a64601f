#include "base/task_group.h"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <cassert>
#include <exception>
#include <utility>

namespace weft {

namespace asio = boost::asio;

TaskGroup::TaskGroup(const asio::any_io_executor& executor)
    : executor_(executor), empty_(executor) {
  empty_.expires_at(asio::steady_timer::time_point::max());
}

TaskGroup::~TaskGroup() { assert(running_.empty() && "close() was not awaited"); }

void TaskGroup::spawn(asio::awaitable<void> body) {
  if (closing_) return;
  auto task = running_.emplace(running_.end());
  asio::co_spawn(
      executor_, root(std::move(body)),
      asio::bind_cancellation_slot(task->slot(), [this, task](const std::exception_ptr& bug) {
        if (bug) std::terminate();
        running_.erase(task);
        if (running_.empty()) empty_.cancel();
      }));
}

asio::awaitable<void> TaskGroup::close() {
  closing_ = true;
  for (auto& task : running_) task.emit(asio::cancellation_type::terminal);
  while (!running_.empty()) (void)co_await empty_.async_wait(asio::as_tuple(asio::use_awaitable));
}

asio::awaitable<void> TaskGroup::root(asio::awaitable<void> body) {
  co_await asio::this_coro::throw_if_cancelled(false);
  co_await std::move(body);
}

}  // namespace weft
