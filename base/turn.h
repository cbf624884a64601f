// What is done once the code that runs now has returned to the thread's loop: not on a guest's
// stack, not in the middle of somebody's callback, and once for everything that one turn produced.
// Cheaper than posting.
#pragma once
#include <utility>
#include <vector>

namespace weft {

// Derive, and hand yourself to Turn::later. You must be alive when the turn ends, or have taken
// yourself out.
class AtTurnEnd {
 public:
  virtual void on_turn_end() = 0;

 protected:
  ~AtTurnEnd() = default;
};

// One per thread, owned by the thread's loop, which calls settle() after every piece of work.
class Turn {
 public:
  // Not twice for the same object before it ran.
  void later(AtTurnEnd& action) { next_.push_back(&action); }

  void forget(AtTurnEnd& action) {
    for (auto* list : {&next_, &running_}) {
      for (auto*& entry : *list) {
        if (entry == &action) entry = nullptr;
      }
    }
  }

  void settle() {
    while (!next_.empty()) {
      running_.swap(next_);
      for (std::size_t i = 0; i < running_.size(); ++i) {
        if (auto* action = std::exchange(running_[i], nullptr)) action->on_turn_end();
      }
      running_.clear();
    }
  }

 private:
  std::vector<AtTurnEnd*> next_;
  std::vector<AtTurnEnd*> running_;
};

}  // namespace weft
