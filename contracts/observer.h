// What sees every call at the switchboard: the log, metrics, later the trace exporter; and what
// records calls.
#pragma once
#include <chrono>
#include <cstdint>
#include <memory>
#include <string_view>

#include "base/error.h"
#include "contracts/context.h"
#include "contracts/invocation.h"

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

// One object serves the switchboards of all threads: thread-safe. Called on the thread of the call;
// must be quick.
class SpanObserver {
 public:
  virtual void on_start(const SpanStart& span) = 0;
  virtual void on_end(const SpanStart& span, const SpanEnd& end) = 0;

 protected:
  ~SpanObserver() = default;
};

// One call that is being recorded. Goes away without a reply when the caller cancels.
class Recording {
 public:
  virtual ~Recording() = default;
  // Its results, to be copied, or its error. The results of an HTTP call are empty: its answer goes
  // to the caller as it comes.
  virtual void on_reply(const Reply& reply) = 0;
};

// Sees calls with what they carry, so that those whose arguments and results are images can be made
// again. One object serves the switchboards of all threads: thread-safe, called on the thread of
// each call, as its recordings are.
class Recorder {
 public:
  // What the caller sends, to be copied, and the id of the target that takes it. Null: this call is
  // not recorded. The bodies of an HTTP call and its answer stream past it: it sees the request's
  // head and the bytes that came with it.
  virtual std::unique_ptr<Recording> record(const Invocation& invocation,
                                            std::string_view target) = 0;

 protected:
  ~Recorder() = default;
};

}  // namespace weft::contracts
