#include "base/alarm.h"

#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <chrono>
#include <cstdint>
#include <utility>

namespace weft {

struct Alarm::Bell {
  using Timer = boost::asio::basic_waitable_timer<
      std::chrono::steady_clock, boost::asio::wait_traits<std::chrono::steady_clock>, Executor>;

  Bell(const Executor& executor, const Clock& clock, std::function<void()> on_ring)
      : timer(executor), moments(clock.moments()), ring(std::move(on_ring)) {}

  // `of`: which set() this comes from; a later one, or cancel(), has made it void.
  void strike(std::uint64_t of) {
    if (of != turn) return;
    at = MonotonicTime::max();
    ++turn;
    ring();
  }

  Timer timer;
  Moments* const moments;  // null: the clock is the system's, and so are its timers
  const std::function<void()> ring;
  MonotonicTime at = MonotonicTime::max();
  std::uint64_t turn = 0;
  std::uint64_t moment = 0;  // what `moments` calls the one that is expected
};

Alarm::Alarm(const Executor& executor, const Clock& clock, std::function<void()> ring)
    : bell_(std::make_shared<Bell>(executor, clock, std::move(ring))) {}

Alarm::~Alarm() { cancel(); }

void Alarm::set(MonotonicTime at) {
  if (at == MonotonicTime::max()) return cancel();
  Bell& bell = *bell_;
  bell.at = at;
  const auto turn = ++bell.turn;
  if (bell.moments == nullptr) {
    bell.timer.expires_at(at);
    bell.timer.async_wait([held = bell_, turn](const boost::system::error_code& error) {
      if (!error) held->strike(turn);
    });
    return;
  }
  bell.moments->forget(std::exchange(bell.moment, 0));
  // As a timer that runs does, it keeps its context running.
  auto work = boost::asio::make_work_guard(bell.timer.get_executor());
  bell.moment = bell.moments->expect(at, [held = bell_, turn, work = std::move(work)] {
    boost::asio::post(held->timer.get_executor(), [held, turn] { held->strike(turn); });
  });
}

void Alarm::cancel() {
  Bell& bell = *bell_;
  if (bell.moments != nullptr) bell.moments->forget(std::exchange(bell.moment, 0));
  if (bell.at == MonotonicTime::max()) return;
  bell.at = MonotonicTime::max();
  ++bell.turn;
  if (bell.moments == nullptr) bell.timer.cancel();
}

MonotonicTime Alarm::at() const { return bell_->at; }

}  // namespace weft
