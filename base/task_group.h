// Structured concurrency for coroutines: whoever owns a group closes it, and then nothing it
// spawned is left.
#pragma once
#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/steady_timer.hpp>
#include <list>

namespace weft {

// Runs coroutines on behalf of one owner. One thread only. close() must be awaited before
// destruction, and not from a task of the same group. A task that is spawned after close() began is
// refused.
class TaskGroup {
 public:
  explicit TaskGroup(const boost::asio::any_io_executor& executor);
  TaskGroup(const TaskGroup&) = delete;
  TaskGroup& operator=(const TaskGroup&) = delete;
  ~TaskGroup();

  // Inside the task a cancellation arrives as an error of the operation that waits, never as an
  // exception. An exception that leaves a task is a bug and ends the process.
  void spawn(boost::asio::awaitable<void> body);
  // Cancels every task and waits for the last one.
  boost::asio::awaitable<void> close();
  bool empty() const { return running_.empty(); }

 private:
  static boost::asio::awaitable<void> root(boost::asio::awaitable<void> body);

  boost::asio::any_io_executor executor_;
  boost::asio::steady_timer empty_;
  std::list<boost::asio::cancellation_signal> running_;
  bool closing_ = false;
};

}  // namespace weft
