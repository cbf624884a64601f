// Time that passes when a test says so.
#pragma once
#include <chrono>
#include <memory>

#include "base/clock.h"

namespace weft {

// Stands still between two calls of advance(). Thread-safe: one thread moves it while others set
// alarms by it.
class ManualClock final : public Clock {
 public:
  explicit ManualClock(WallTime wall = WallTime(std::chrono::hours(24)));
  ~ManualClock() override;

  MonotonicTime now() const override;
  WallTime wall() const override;
  WallTime coarse_wall() const override { return wall(); }
  Moments* moments() const override;

  // Goes to each moment on the way for which an alarm is set, in their order, rings it, and at last
  // stands `by` later. Alarms ring on the threads of their executors, so what they do may still be
  // under way when this returns.
  void advance(std::chrono::nanoseconds by);
  // Blocks until an alarm is set for this moment, or until none is: so a test knows that what it
  // began has come to wait, or waits no more. False when that takes more than ten seconds of the
  // real time.
  [[nodiscard]] bool wait_for_alarm(MonotonicTime at) const;
  [[nodiscard]] bool wait_for_no_alarm(MonotonicTime at) const;

 private:
  class Book;
  const std::unique_ptr<Book> book_;
};

}  // namespace weft
