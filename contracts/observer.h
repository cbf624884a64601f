// What sees every call at the switchboard: the log, metrics, later the trace exporter.
#pragma once
#include <chrono>
#include <cstdint>
#include <string_view>

#include "base/error.h"
#include "contracts/context.h"

namespace weft::contracts {

// Views: valid during the call that passes it.
struct SpanStart {
  const Context& context;
  std::string_view source;
  std::string_view target;
  std::string_view link;
  std::string_view interface;
  std::string_view function;
};

struct SpanEnd {
  const Error* error = nullptr;  // null: the call succeeded
  std::chrono::nanoseconds took{};
  std::uint64_t bytes_in = 0;   // arguments, request body
  std::uint64_t bytes_out = 0;  // results, response body
};

// Called on the thread of the call; must be quick.
class SpanObserver {
 public:
  virtual void on_start(const SpanStart& span) = 0;
  virtual void on_end(const SpanStart& span, const SpanEnd& end) = 0;

 protected:
  ~SpanObserver() = default;
};

}  // namespace weft::contracts
