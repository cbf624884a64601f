#include "engine/running_guests.h"

#include <algorithm>

namespace weft::engine {

RunningGuests::Member::Member(RunningGuests& all, Gate& pool) : all_(all), pool_(pool) {
  const std::lock_guard lock(all_.mutex_);
  all_.members_.push_back(this);
}

RunningGuests::Member::~Member() {
  const std::lock_guard lock(all_.mutex_);
  std::erase(all_.members_, this);
  if (watches_.exchange(false)) --all_.watching_;
}

bool RunningGuests::Member::watch() {
  all_.was_full_.store(true, std::memory_order_relaxed);
  // Counted before the flag is up: were it the other way round, a tell() in between would leave the
  // count too low for a while, and whoever watches then would not be told.
  ++all_.watching_;
  if (!watches_.exchange(true)) return true;
  --all_.watching_;
  return false;
}

bool RunningGuests::Member::any(std::uint32_t depth) const {
  const std::lock_guard lock(all_.mutex_);
  return std::ranges::any_of(all_.members_, [depth](const Member* member) {
    return std::any_of(member->running_.begin() + static_cast<std::ptrdiff_t>(slot(depth)),
                       member->running_.end(), [](const auto& count) { return count.load() != 0; });
  });
}

// The members' gates stay while the lock is held.
void RunningGuests::tell() {
  const std::lock_guard lock(mutex_);
  for (auto* member : members_) {
    if (!member->watches_.exchange(false)) continue;
    --watching_;
    member->pool_.try_again();
  }
}

}  // namespace weft::engine
