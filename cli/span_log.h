// Every call that crosses the switchboard, as a debug line when it ends.
#pragma once
#include "base/log.h"
#include "contracts/observer.h"

namespace weft::cli {

// Any thread.
class SpanLog final : public contracts::SpanObserver {
 public:
  explicit SpanLog(Log& log) : log_(log) {}

  void on_start(const contracts::SpanStart&) override {}
  void on_end(const contracts::SpanStart& span, const contracts::SpanEnd& end) override;

 private:
  Log& log_;
};

}  // namespace weft::cli
