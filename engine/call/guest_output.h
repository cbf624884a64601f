// What one guest call wrote to its standard output and error: whole lines for the log, the last
// ones for a report.
#pragma once
#include <array>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "base/clock.h"

namespace weft::engine {

// How many lines a component may log on one thread: bursts of `burst`, `per_second` in the long
// run.
class LineBudget {
 public:
  explicit LineBudget(const Clock& clock) : clock_(clock) {}
  // Whether one more line may be logged. The number of those that were not is told once lines flow
  // again.
  bool take();
  std::uint64_t take_suppressed();

 private:
  static constexpr double k_burst = 1000;
  static constexpr double k_per_second = 200;

  const Clock& clock_;
  double tokens_ = k_burst;
  MonotonicTime last_{};
  std::uint64_t suppressed_ = 0;
};

// Cheap while nothing is written.
class GuestOutput {
 public:
  // Takes a line without its newline; the stream is 1 or 2.
  using Line = std::function<void(std::uint32_t fd, std::string_view line)>;

  void write(std::uint32_t fd, std::string_view bytes, const Line& line);
  // Ends unfinished lines.
  void finish(const Line& line);
  // The newest lines of standard error, at most 20 and 4 KiB.
  std::string tail() const;
  void clear();

 private:
  void keep(std::string_view bytes);

  std::array<std::string, 2> partial_;
  std::string tail_;
};

}  // namespace weft::engine
