// When a guest call takes too long: until its response begins, between two signs of life, or for
// its caller.
#include <fmt/format.h>

#include <algorithm>

#include "engine/call/guest_call.h"

namespace weft::engine {
namespace {

MonotonicTime after(MonotonicTime from, std::uint64_t ns) {
  constexpr std::uint64_t forever = 100ull * 365 * 24 * 3600 * 1'000'000'000;
  return ns == 0 || ns > forever ? MonotonicTime::max() : from + std::chrono::nanoseconds(ns);
}

}  // namespace

// The response must begin within response_time, not counting the time in which the guest waits for
// the request's body; while either side waits for bytes of a body, some must come within idle_time.
GuestCall::Due GuestCall::due() const {
  const auto& limits = shard_.component_->spec().limits;
  const bool streams = kind_ == Kind::http && (head_ || wants_);
  Due due{context_.deadline, {}};
  const auto own = streams ? Due{after(progress_, limits.idle_time), "idle_time"}
                           : Due{after(progress_, limits.response_time), "response_time"};
  if (kind_ != Kind::command && own.at < due.at) due = own;
  return due;
}

// The alarm is set when a call does not end at once, and otherwise left alone: it looks again when
// it is early.
void GuestCall::arm() {
  if (progress_ == MonotonicTime()) progress_ = thread_.clock.now();
  const auto at = due().at;
  if (at < alarm_.at()) alarm_.set(at);
}

void GuestCall::on_alarm() {
  const auto late = due();
  if (late.at <= thread_.clock.now()) return stop(too_late(late));
  arm();
}

Error GuestCall::too_late(const Due& due) const {
  const Component& component = *shard_.component_;
  if (due.limit.empty()) {
    return {Errc::timed_out,
            fmt::format("{} did not answer before its caller's deadline", component.id())};
  }
  return {Errc::timed_out, component.limit_message({.key = due.limit})};
}

void GuestCall::progressed() {
  if (starting_ || stage_ != Stage::running) return;
  progress_ = thread_.clock.now();
  if (due().at < alarm_.at()) arm();
}

}  // namespace weft::engine
