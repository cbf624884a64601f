#include "engine/component.h"

namespace weft::engine {

Result<std::shared_ptr<const Component>> Component::open(ComponentSpec spec, const Engine& engine) {
  TRY(const Linked* linked, spec.artifact->linked(engine.handle()).context(spec.id.str()));
  return std::make_shared<const Component>(std::move(spec), *linked);
}

Component::Component(ComponentSpec spec, const Linked& linked)
    : spec_(std::move(spec)),
      linked_(linked),
      limits_(engine_limits(spec_.limits)),
      origins_(spec_.origins) {}

std::string Component::limit_message(const ExceededLimit& exceeded) const {
  const std::lock_guard lock(origins_mutex_);
  return engine::limit_message(id(), spec_.limits, origins_, exceeded);
}

void Component::move_origins(LimitOrigins origins) const {
  const std::lock_guard lock(origins_mutex_);
  origins_ = std::move(origins);
}

Counts Component::counts() const {
  const std::lock_guard lock(mutex_);
  Counts sum;
  for (const auto& part : counters_) {
    sum.calls += part->calls.get();
    sum.in_flight += part->in_flight.get();
    sum.waiting += part->waiting.get();
    sum.refused += part->refused.get();
    sum.cpu_ns += part->cpu_ns.get();
    sum.lines_missing += part->lines_missing.get();
    for (std::size_t i = 0; i < sum.errors.size(); ++i) sum.errors[i] += part->errors[i].get();
  }
  return sum;
}

Counters& Component::new_counters() const {
  const std::lock_guard lock(mutex_);
  return *counters_.emplace_back(std::make_unique<Counters>());
}

}  // namespace weft::engine
