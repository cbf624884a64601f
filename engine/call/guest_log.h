// The one way of a component's words into the log: lines of its standard streams and what it logs
// by wasi:logging. So many a second; what is left out is counted and told.
#pragma once
#include <cstdint>
#include <string_view>

#include "base/alarm.h"
#include "base/clock.h"
#include "base/log.h"
#include "contracts/context.h"
#include "engine/component.h"

namespace weft::engine {

// Bursts of five times `per_second`, and `per_second` in the long run; 0 is without end.
class LineBudget {
 public:
  LineBudget(const Clock& clock, std::uint64_t per_second);
  // Whether one more line may be logged; one that may not is counted.
  bool take();
  // Since it was asked last.
  std::uint64_t take_missing();

 private:
  const Clock& clock_;
  const double per_second_;
  double tokens_;
  MonotonicTime last_{};
  std::uint64_t missing_ = 0;
};

// Where a line comes from: a field of the record, `stream` or `context`.
struct LineSource {
  std::string_view field;
  std::string_view value;
};

// Of one component on one thread, where it is made, used and destroyed.
class GuestLog {
 public:
  struct Parts {
    Alarm::Executor executor;
    const Clock& clock;
    Log& log;
    const Component& component;
    Counters& counters;
    std::uint64_t lines_per_second;  // this thread's part of the limit log_lines
  };
  // All that `parts` refers to outlives this.
  explicit GuestLog(const Parts& parts);
  GuestLog(const GuestLog&) = delete;
  GuestLog& operator=(const GuestLog&) = delete;
  // Tells what is missing.
  ~GuestLog();

  // `text` is one record; of a very long one (4 KiB) each piece is.
  void write(LogLevel level, std::string_view text, LineSource source,
             const contracts::Context& call);

 private:
  void write_piece(LogLevel level, std::string_view text, LineSource source,
                   const contracts::Context& call);
  void tell_missing();

  const Parts parts_;
  LineBudget budget_;
  Alarm alarm_;  // rings a second after the first line that was left out
};

}  // namespace weft::engine
