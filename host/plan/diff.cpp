#include "host/plan/diff.h"

#include <algorithm>
#include <ranges>
#include <set>

namespace weft::plan {

std::vector<Applied> applied(const Plan& plan) {
  std::vector<Applied> made;
  made.reserve(plan.steps.size());
  for (const auto& step : plan.steps) made.push_back({step.key, step.hash, step.settings});
  return made;
}

Diff diff(std::span<const Applied> before, const Plan& now) {
  Diff made;
  std::map<std::string_view, const Applied*> old;
  for (const auto& one : before) old.emplace(one.key, &one);
  std::set<std::string_view> wanted;
  for (const auto& step : now.steps) {
    wanted.insert(step.key);
    const auto found = old.find(step.key);
    if (found == old.end()) {
      made.added.push_back(step);
    } else if (found->second->hash != step.hash) {
      made.changed.push_back(step);
    } else if (found->second->settings != step.settings) {
      made.adjusted.push_back(step);
    } else {
      made.unchanged.push_back(step.key);
    }
  }
  for (const auto& one : before | std::views::reverse) {
    if (!wanted.contains(one.key)) made.removed.push_back(one.key);
  }
  return made;
}

}  // namespace weft::plan
