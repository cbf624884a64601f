// What a host tells about itself to whoever operates it: readiness and metrics.
#pragma once
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "engine/component.h"
#include "host/component_metrics.h"
#include "host/http_front.h"
#include "ingress/http/admin.h"

namespace weft::host {

// Set on the control thread, read on the thread of the admin endpoints.
class Status final : public ingress::AdminSource {
 public:
  // `http` outlives this.
  explicit Status(HttpFront& http) : http_(http) {}

  enum class Phase { starting, serving, draining };
  void set(Phase phase);
  void set(std::vector<std::shared_ptr<const engine::Component>> components);

  std::string not_ready() override;
  void append_metrics(std::string& out) override;

 private:
  HttpFront& http_;
  std::mutex mutex_;               // between the two threads
  Phase phase_ = Phase::starting;  // guarded by mutex_
  ComponentTotals totals_;         // guarded by mutex_
};

}  // namespace weft::host
