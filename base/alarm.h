// Waiting for a moment of a Clock: the one way in which anything here times out.
#pragma once
#include <boost/asio/io_context.hpp>
#include <functional>
#include <memory>

#include "base/clock.h"

namespace weft {

// Rings once at the moment it is set to. Belongs to the thread of its executor, where it rings:
// never from within set(), never after cancel() or its own end, which may come while it rings.
// Setting it allocates nothing.
class Alarm {
 public:
  using Executor = boost::asio::io_context::executor_type;
  // `clock` and the executor's context outlive the alarm.
  Alarm(const Executor& executor, const Clock& clock, std::function<void()> ring);
  Alarm(const Alarm&) = delete;
  Alarm& operator=(const Alarm&) = delete;
  ~Alarm();

  // To this moment, and no longer to the one before; a moment that has passed is now.
  void set(MonotonicTime at);
  void cancel();
  // What it is set to; MonotonicTime::max() when it is not.
  MonotonicTime at() const;

 private:
  struct Bell;
  std::shared_ptr<Bell> bell_;  // also held by what is on its way to ring it
};

}  // namespace weft
