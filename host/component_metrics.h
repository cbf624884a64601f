// What components count, as metrics.
#pragma once
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "engine/component.h"

namespace weft::host {

// By the id of a component: its builds together.
using ComponentCounts = std::map<std::string, engine::Counts>;

// Of builds that run at the same time, and of those that have ended. One thread at a time.
class ComponentTotals {
 public:
  // These run from now on; what others of the same ids have counted is kept.
  void set(std::vector<std::shared_ptr<const engine::Component>> running);
  ComponentCounts counts() const;

 private:
  std::vector<std::shared_ptr<const engine::Component>> running_;
  ComponentCounts ended_;  // of ids that run
};

void add(engine::Counts& sum, const engine::Counts& more);

// In Prometheus' text format 0.0.4.
void append_metrics(std::string& out, const ComponentCounts& counts);

}  // namespace weft::host
