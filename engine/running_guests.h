// Which guests run, on all threads, and who is to hear when one ends. The gates count calls; what
// the engine has is memories, tables and instances, of which some components take several: so it
// can be full before the gates are.
//
// A free place is nobody's in particular: all who watch try at once, and a thread that happens to
// start a guest first has it. So a call may lose place after place to busier threads; what bounds
// its wait is its deadline and its component's response_time.
#pragma once
#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <vector>

#include "engine/gate.h"

namespace weft::engine {

// One per engine; outlives its members.
class RunningGuests {
 public:
  class Member;
  // Whether the engine has ever been full: then it will be again.
  bool was_full() const { return was_full_.load(std::memory_order_relaxed); }

 private:
  void tell();

  std::atomic<int> watching_ = 0;  // members that do; never fewer than have their flag up
  std::atomic<bool> was_full_ = false;
  std::mutex mutex_;              // threads tell each other
  std::vector<Member*> members_;  // guarded by mutex_
};

// A thread's part. Its own thread only.
class RunningGuests::Member {
 public:
  // Both outlive the member. `pool`: the gate whose waiters try again when a guest has ended.
  Member(RunningGuests& all, Gate& pool);
  ~Member();
  Member(const Member&) = delete;
  Member& operator=(const Member&) = delete;

  // A guest with `depth` callers above it begins; one of these follows.
  void began(std::uint32_t depth) { count(depth, 1); }
  // It is gone, or will not be tried again: whoever waits for its place, on any thread, tries.
  void ended(std::uint32_t depth) {
    count(depth, -1);
    if (all_.watching_.load() != 0) all_.tell();
  }
  // It found the engine full and will be tried again.
  void withdrew(std::uint32_t depth) { count(depth, -1); }

  // The engine is full: the pool's waiters shall hear of the next guest that ends. True: nobody
  // listened until now, so that one may have ended unheard.
  bool watch();
  // Whether a guest with at least `depth` callers runs. Such a guest is no caller of a call at that
  // depth, so it comes to an end without it; a call that waits only while there is one never waits
  // for its own callers.
  bool any(std::uint32_t depth) const;
  bool was_full() const { return all_.was_full(); }

 private:
  friend class RunningGuests;
  static constexpr std::size_t k_depths = 64;  // beyond the hop limit; deeper ones count as this

  static std::size_t slot(std::uint32_t depth) { return depth < k_depths ? depth : k_depths - 1; }
  // Written by this thread alone. Sequentially consistent, as is the flag of those who watch:
  // either they see that a guest has ended or it sees them.
  void count(std::uint32_t depth, int change) {
    auto& running = running_[slot(depth)];
    running.store(running.load(std::memory_order_relaxed) + change);
  }

  RunningGuests& all_;
  Gate& pool_;
  std::array<std::atomic<int>, k_depths> running_{};
  std::atomic<bool> watches_ = false;
};

}  // namespace weft::engine
