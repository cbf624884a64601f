#include "engine/call/guest_log.h"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <limits>
#include <utility>

namespace weft::engine {
namespace {

constexpr double k_burst_seconds = 5;
constexpr std::chrono::seconds k_between_tellings{1};
constexpr std::size_t k_longest_piece = 4096;
constexpr std::size_t k_longest_source = 256;

// The front of `text`, `most` bytes at most, that ends where a character of UTF-8 ends.
std::string_view front(std::string_view text, std::size_t most) {
  if (text.size() <= most) return text;
  std::size_t end = most;
  while (end > most - 4 && (static_cast<unsigned char>(text[end]) & 0xc0U) == 0x80U) --end;
  return text.substr(0, end);
}

}  // namespace

LineBudget::LineBudget(const Clock& clock, std::uint64_t per_second)
    : clock_(clock),
      per_second_(per_second == 0 ? std::numeric_limits<double>::infinity()
                                  : static_cast<double>(per_second)),
      tokens_(per_second_ * k_burst_seconds) {}

bool LineBudget::take() {
  if (per_second_ == std::numeric_limits<double>::infinity()) return true;
  const auto now = clock_.now();
  const std::chrono::duration<double> passed = now - last_;
  last_ = now;
  tokens_ = std::min(per_second_ * k_burst_seconds, tokens_ + passed.count() * per_second_);
  if (tokens_ < 1) {
    ++missing_;
    return false;
  }
  tokens_ -= 1;
  return true;
}

std::uint64_t LineBudget::take_missing() { return std::exchange(missing_, 0); }

GuestLog::GuestLog(const Parts& parts)
    : parts_(parts),
      budget_(parts.clock, parts.lines_per_second),
      alarm_(parts.executor, parts.clock, [this] { tell_missing(); }) {}

GuestLog::~GuestLog() { tell_missing(); }

void GuestLog::write(LogLevel level, std::string_view text, LineSource source,
                     const contracts::Context& call) {
  if (!parts_.log.enabled(level)) return;
  source.value = front(source.value, k_longest_source);
  do {
    const auto piece = front(text, k_longest_piece);
    text.remove_prefix(piece.size());
    write_piece(level, piece, source, call);
  } while (!text.empty());
}

void GuestLog::write_piece(LogLevel level, std::string_view text, LineSource source,
                           const contracts::Context& call) {
  if (!budget_.take()) {
    parts_.counters.lines_missing.add(1);
    if (alarm_.at() == MonotonicTime::max()) alarm_.set(parts_.clock.now() + k_between_tellings);
    return;
  }
  parts_.log.line(level, text,
                  {{"component", parts_.component.id()},
                   {source.field, source.value},
                   {"request", contracts::text(call.request)},
                   {"trace", call.trace.trace_text()}});
}

void GuestLog::tell_missing() {
  const auto missing = budget_.take_missing();
  if (missing == 0) return;
  parts_.log.warn("lines of a component are missing here",
                  {{"component", parts_.component.id()},
                   {"lines", missing},
                   {"reason", parts_.component.limit_message({.key = "log_lines"})}});
}

}  // namespace weft::engine
