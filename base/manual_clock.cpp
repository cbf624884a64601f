#include "base/manual_clock.h"

#include <condition_variable>
#include <functional>
#include <map>
#include <mutex>
#include <utility>

namespace weft {
namespace {

constexpr std::chrono::seconds k_patience{10};
// Not the epoch, which stands for "never" here and there.
constexpr MonotonicTime k_start{std::chrono::hours(1)};

}  // namespace

class ManualClock::Book final : public Moments {
 public:
  explicit Book(WallTime start) : wall_start_(start) {}

  MonotonicTime now() const {
    const std::lock_guard lock(mutex_);
    return now_;
  }
  WallTime wall() const {
    return wall_start_ + std::chrono::duration_cast<WallTime::duration>(now() - k_start);
  }

  std::uint64_t expect(MonotonicTime at, std::function<void()> come) override {
    const std::lock_guard lock(mutex_);
    const auto id = ++last_;
    if (at <= now_) {
      come();
    } else {
      expected_.emplace(at, Expected{id, std::move(come)});
      changed_.notify_all();
    }
    return id;
  }

  void forget(std::uint64_t moment) override {
    const std::lock_guard lock(mutex_);
    if (std::erase_if(expected_, [&](const auto& one) { return one.second.id == moment; }) != 0)
      changed_.notify_all();
  }

  void advance(std::chrono::nanoseconds by) {
    const std::lock_guard lock(mutex_);
    const auto until = now_ + by;
    while (!expected_.empty() && expected_.begin()->first <= until) {
      const auto due = expected_.extract(expected_.begin());
      now_ = due.key();
      due.mapped().come();
    }
    now_ = until;
    changed_.notify_all();
  }

  enum class Wanted { some, none };
  bool wait(MonotonicTime at, Wanted wanted) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, k_patience,
                             [&] { return expected_.contains(at) == (wanted == Wanted::some); });
  }

 private:
  struct Expected {
    std::uint64_t id;
    std::function<void()> come;
  };

  const WallTime wall_start_;
  mutable std::mutex mutex_;  // between the threads of alarms and the one that moves the time
  // Guarded by mutex_.
  std::condition_variable changed_;
  MonotonicTime now_ = k_start;
  std::multimap<MonotonicTime, Expected> expected_;
  std::uint64_t last_ = 0;
};

ManualClock::ManualClock(WallTime wall) : book_(std::make_unique<Book>(wall)) {}
ManualClock::~ManualClock() = default;

MonotonicTime ManualClock::now() const { return book_->now(); }
WallTime ManualClock::wall() const { return book_->wall(); }
Moments* ManualClock::moments() const { return book_.get(); }
void ManualClock::advance(std::chrono::nanoseconds by) { book_->advance(by); }

bool ManualClock::wait_for_alarm(MonotonicTime at) const {
  return book_->wait(at, Book::Wanted::some);
}
bool ManualClock::wait_for_no_alarm(MonotonicTime at) const {
  return book_->wait(at, Book::Wanted::none);
}

}  // namespace weft
