// When a guest call takes too long: until its response begins, between two signs of life, or for
// its caller.
#include <fmt/format.h>

#include <algorithm>

#include "engine/call/guest_call.h"

namespace weft::engine {
namespace {

constexpr std::string_view k_body_rate = "body_rate";

MonotonicTime after(MonotonicTime from, std::uint64_t ns) {
  constexpr std::uint64_t forever = 100ull * 365 * 24 * 3600 * 1'000'000'000;
  return ns == 0 || ns > forever ? MonotonicTime::max() : from + std::chrono::nanoseconds(ns);
}

}  // namespace

// The response must begin within response_time, not counting the time in which the guest waits for
// the request's body, which must come at body_rate; while either side waits for bytes of a body,
// some must come within idle_time.
GuestCall::Due GuestCall::due() const {
  const auto& limits = shard_.component_->spec().limits;
  const bool streams = kind_ == Kind::http && (head_ || wants_);
  Due due{context_.deadline, {}};
  const auto own = streams ? Due{after(progress_, limits.idle_time), "idle_time"}
                           : Due{after(progress_, limits.response_time), "response_time"};
  if (kind_ != Kind::command && own.at < due.at) due = own;
  // Behind the head of the answer the two may be talking.
  if (wants_ && !head_) {
    if (const auto at = slowest_body(); at < due.at) due = {at, k_body_rate};
  }
  return due;
}

// Until when the guest may wait for more of the request's body, which it does since the last sign
// of life. Time in which it does not ask for any is not the client's.
MonotonicTime GuestCall::slowest_body() const {
  const auto rate = shard_.component_->spec().limits.body_rate;
  std::uint64_t earned = 0;  // nanoseconds
  if (rate == 0 || __builtin_mul_overflow(received_, 1'000'000'000, &earned))
    return MonotonicTime::max();
  earned /= rate;
  const auto from = progress_ + contracts::k_body_grace - body_waited_;
  return earned == 0 ? from : after(from, earned);
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
  if (late.at > thread_.clock.now()) return arm();
  if (late.limit == k_body_rate) {
    refusal_ = {408,
                fmt::format("408 Request Timeout: the request body came too slowly, this takes "
                            "at least {} bytes a second\n",
                            shard_.component_->spec().limits.body_rate)};
  }
  stop(too_late(late));
}

Error GuestCall::too_late(const Due& due) const {
  const Component& component = *shard_.component_;
  if (due.limit.empty()) {
    return {Errc::timed_out,
            fmt::format("{} did not answer before its caller's deadline", component.id())};
  }
  const std::string_view whose = due.limit == k_body_rate ? "the body of a request to " : "";
  return {Errc::timed_out, fmt::format("{}{}", whose, component.limit_message({.key = due.limit}))};
}

void GuestCall::progressed() {
  if (starting_ || stage_ != Stage::running) return;
  progress_ = thread_.clock.now();
  if (due().at < alarm_.at()) arm();
}

}  // namespace weft::engine
