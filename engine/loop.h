// A thread's event loop: sockets, timers and guests, with a second queue for guests that compute,
// so that any number of endless loops costs the others no more than a share of the thread.
#pragma once
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <chrono>
#include <deque>

#include "base/turn.h"
#include "engine/slice_queue.h"
#include "engine/wasmtime/engine.h"

namespace weft::engine {

struct LoopSettings {
  // How long other work may go on between two slices of computing guests.
  std::chrono::microseconds foreground{15'000};
  // How long to look for work before sleeping; for threads that have a CPU to themselves.
  std::chrono::microseconds spin{50};
};

// Where the first run of a guest takes place: here and now, or behind those that are ready, because
// calls like it have used up their slices.
enum class FirstRun { now, second_queue };

// One per thread; everything but stop() and the executor's `schedule` belongs to that thread.
// Destroy it after everything that runs on it has let go of its tasks; runs still due are made
// then.
class Loop {
 public:
  explicit Loop(LoopSettings settings = {});
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;
  ~Loop();

  boost::asio::io_context& io() { return io_; }
  Turn& turn() { return turn_; }
  eng_exec executor() { return {this, schedule}; }

  // Until stop().
  void run();
  // From any thread; a run() that begins later returns at once.
  void stop() { io_.stop(); }
  // One piece of work, or none after `wait`. For owners of a loop of their own, such as tests.
  bool step(std::chrono::nanoseconds wait);

  // Makes the first run of a task that has just been started.
  void begin(const eng_task* task, FirstRun where);
  // Frees a task that is not running; the guest is gone on return, also if its next run was due.
  void release(const eng_task* task);
  // Whether guests that compute are waiting for a slice.
  bool busy() const { return !computing_.empty(); }

 private:
  struct Due;
  static void schedule(void* self, const eng_task* task, eng_why why);
  void woken(const eng_task* task);
  bool work_one();
  bool idle() const { return computing_.empty() && doubtful_.empty(); }
  void wait_for_work();
  void give_slice();
  void run_task(const eng_task* task);

  const LoopSettings settings_;
  boost::asio::io_context io_{1};
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> guard_;
  Turn turn_;
  SliceQueue computing_;
  std::deque<const eng_task*> doubtful_;  // likely to use up a slice
  bool doubtful_first_ = true;
  int luck_;
  unsigned skipped_ = 0;
};

}  // namespace weft::engine
