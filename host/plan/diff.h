// Two plans compared, so that applying an edited manifest changes only what changed; and the way
// back.
#pragma once
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "host/plan/plan.h"

namespace weft::plan {

// What is remembered of a step that was done.
struct Applied {
  std::string key;
  std::uint64_t hash = 0;
  std::uint64_t settings = 0;
  friend bool operator==(const Applied&, const Applied&) = default;
};
std::vector<Applied> applied(const Plan& plan);

struct Diff {
  std::vector<std::string> unchanged;  // keys
  std::vector<Step> added;             // in the order of the new plan
  std::vector<Step> changed;         // the same thing in another form, in the order of the new plan
  std::vector<Step> adjusted;        // the same thing with other settings, which it takes over
  std::vector<std::string> removed;  // keys, the last done first
  bool empty() const {
    return added.empty() && changed.empty() && adjusted.empty() && removed.empty();
  }
};
// `before` in the order in which it was done.
Diff diff(std::span<const Applied> before, const Plan& now);

}  // namespace weft::plan
