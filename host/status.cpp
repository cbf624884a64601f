#include "host/status.h"

#include <utility>

namespace weft::host {

void Status::set(Phase phase) {
  const std::lock_guard lock(mutex_);
  phase_ = phase;
}

void Status::set(std::vector<std::shared_ptr<const engine::Component>> components) {
  const std::lock_guard lock(mutex_);
  totals_.set(std::move(components));
}

std::string Status::not_ready() {
  const std::lock_guard lock(mutex_);
  switch (phase_) {
    case Phase::starting:
      return "the applications are being started";
    case Phase::draining:
      return "the host is draining";
    case Phase::serving:
      return "";
  }
  return "";
}

void Status::append_metrics(std::string& out) {
  http_.append_metrics(out);
  ComponentCounts counts;
  {
    const std::lock_guard lock(mutex_);
    counts = totals_.counts();
  }
  host::append_metrics(out, counts);
}

}  // namespace weft::host
