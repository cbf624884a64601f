#include "engine/loop.h"

#include <algorithm>
#include <boost/asio/post.hpp>
#include <utility>

namespace weft::engine {
namespace {

// Real time: slices and the search for work are about the CPU, whatever the guests' clock says.
using Steady = std::chrono::steady_clock;

constexpr int k_full_luck = 64;
// A task that has used less CPU than this is served like any other when it wakes up.
constexpr std::uint64_t k_light_ns = 5'000'000;
// What doubtful tasks may take of the time of one slice before a computing one goes without.
constexpr std::chrono::milliseconds k_doubtful{4};

}  // namespace

// A run that is due. It is made even if the io_context is destroyed before: the task needs it to go
// away.
struct Loop::Due {
  Loop* loop;
  const eng_task* task;

  Due(Loop* l, const eng_task* t) : loop(l), task(t) {}
  Due(Due&& other) noexcept : loop(other.loop), task(std::exchange(other.task, nullptr)) {}
  Due(const Due&) = delete;
  ~Due() {
    if (task != nullptr) eng_task_run(task);
  }
  void operator()() { loop->woken(std::exchange(task, nullptr)); }
};

Loop::Loop(LoopSettings settings)
    : settings_(settings), guard_(io_.get_executor()), luck_(k_full_luck) {}

Loop::~Loop() {
  guard_.reset();
  io_.restart();
  while (work_one() || !idle()) {
    if (!idle()) give_slice();
  }
}

void Loop::schedule(void* self, const eng_task* task, eng_why why) {
  auto& loop = *static_cast<Loop*>(self);
  // ENG_SLICE comes from eng_task_run, so on this thread; the other may come from any.
  if (why == ENG_SLICE) {
    // One that has hardly run yet was rather interrupted by other programs than by its own loop.
    if (const auto cpu = eng_task_cpu(task); cpu > k_light_ns) {
      loop.computing_.push(task, cpu);
    } else {
      loop.doubtful_.push_back(task);
    }
  } else {
    boost::asio::post(loop.io_, Due(&loop, task));
  }
}

void Loop::run_task(const eng_task* task) {
  eng_task_run(task);
  turn_.settle();
}

// A guest that naps between its slices must not come before the others each time it wakes up.
void Loop::woken(const eng_task* task) {
  if (busy() && eng_task_cpu(task) > k_light_ns) {
    doubtful_.push_back(task);
  } else {
    eng_task_run(task);
  }
}

void Loop::begin(const eng_task* task, FirstRun where) {
  if (where == FirstRun::second_queue) {
    doubtful_.push_back(task);
  } else {
    eng_task_run(task);
  }
}

void Loop::release(const eng_task* task) {
  const bool due = computing_.remove(task) || std::erase(doubtful_, task) > 0;
  eng_task_free(task);
  if (due) eng_task_run(task);  // does nothing; the queue's reference goes with it
}

bool Loop::work_one() {
  if (io_.poll_one() == 0) return false;
  turn_.settle();
  return true;
}

// Waking a thread that sleeps in the kernel costs tens of microseconds on a virtual machine, so
// after work it looks for the next a little longer, as long as that pays: a search that found
// nothing halves the odds of the next one. An idle thread is not woken, so it does not search.
void Loop::wait_for_work() {
  constexpr unsigned rarely = 16;
  if (settings_.spin.count() != 0 && (luck_ > 1 || ++skipped_ % rarely == 0)) {
    const auto until = Steady::now() + settings_.spin;
    bool found = false;
    while (!found && Steady::now() < until) found = work_one();
    luck_ = found ? std::min(k_full_luck, luck_ * 2) : std::max(1, luck_ / 2);
    if (found) return;
  }
  if (io_.run_one() != 0) turn_.settle();
}

void Loop::run() {
  while (!io_.stopped()) {
    if (idle()) {
      if (!work_one()) wait_for_work();
      continue;
    }
    const auto until = Steady::now() + settings_.foreground;
    while (work_one() && Steady::now() < until) {
    }
    if (!idle()) give_slice();
  }
}

bool Loop::step(std::chrono::nanoseconds wait) {
  if (work_one()) return true;
  if (!idle()) {
    give_slice();
    return true;
  }
  if (io_.run_one_for(wait) == 0) return false;
  turn_.settle();
  return true;
}

// One slice of a computing guest. Doubtful ones, most of which turn out to be short, share it: many
// of them take its place every second time at most.
void Loop::give_slice() {
  const auto until = Steady::now() + k_doubtful;
  bool spent = false;
  while (!doubtful_.empty() && !spent && (doubtful_first_ || computing_.empty())) {
    const auto* task = doubtful_.front();
    doubtful_.pop_front();
    run_task(task);
    spent = Steady::now() >= until;
  }
  doubtful_first_ = !spent;
  if (spent || computing_.empty()) return;
  run_task(computing_.pop());
}

}  // namespace weft::engine
