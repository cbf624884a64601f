// Guests that used up a slice and want another: those that have used little come first, so that one
// which other programs on the machine interrupted is not queued behind every endless loop.
#pragma once
#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>

#include "engine/wasmtime/engine.h"

namespace weft::engine {

// A multi-level feedback queue: by CPU time used so far, in turn within a level. Every fourth slice
// goes to the busiest level, so that nobody starves. One thread.
class SliceQueue {
 public:
  // `cpu_ns`: what the task has used so far.
  void push(const eng_task* task, std::uint64_t cpu_ns) { levels_[level(cpu_ns)].push_back(task); }
  // Not when empty.
  const eng_task* pop() {
    constexpr unsigned k_turn_of_the_busiest = 4;
    const auto waits = [](const auto& queue) { return !queue.empty(); };
    auto& queue = ++popped_ % k_turn_of_the_busiest == 0
                      ? *std::find_if(levels_.rbegin(), levels_.rend(), waits)
                      : *std::find_if(levels_.begin(), levels_.end(), waits);
    const auto* task = queue.front();
    queue.pop_front();
    return task;
  }
  bool empty() const {
    return std::ranges::all_of(levels_, [](const auto& queue) { return queue.empty(); });
  }
  // Whether it was in here.
  bool remove(const eng_task* task) {
    return std::ranges::any_of(levels_,
                               [task](auto& queue) { return std::erase(queue, task) > 0; });
  }

 private:
  // Nanoseconds of CPU below which a task is of that level; the last level has no bound.
  static constexpr std::array<std::uint64_t, 2> k_bounds = {25'000'000, 250'000'000};
  static std::size_t level(std::uint64_t cpu) {
    return static_cast<std::size_t>(std::ranges::upper_bound(k_bounds, cpu) - k_bounds.begin());
  }

  std::array<std::deque<const eng_task*>, k_bounds.size() + 1> levels_;
  unsigned popped_ = 0;
};

}  // namespace weft::engine
