// What travels with every call, from the first event to the last provider.
#pragma once
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/id.h"
#include "base/trace_context.h"

namespace weft::contracts {

// The same for every call that one outside event causes. Printed as 16 lower-case hex digits.
using RequestId = std::uint64_t;
std::string text(RequestId id);

// One call above another, for reports and for the error that shows a cycle. Immutable and shared:
// the callee may outlive the caller's interest in it.
struct Frame {
  std::string component;  // id of the component or provider that made the call
  std::string interface;  // what it called, with version; empty for an outside event
  std::string function;
  std::shared_ptr<const Frame> caller;  // null at the top
};

struct Context {
  RequestId request = 0;
  TraceContext trace;  // of this call: its span is the parent of what the callee does
  MonotonicTime deadline = MonotonicTime::max();
  std::uint32_t hops = 0;  // calls above this one; the switchboard refuses past its hop limit
  std::shared_ptr<const Frame> chain;  // youngest first; null for an outside event
};

// "web -> cart -> weft:keyvalue/store.get", oldest first.
std::string chain_text(const std::shared_ptr<const Frame>& youngest);

}  // namespace weft::contracts
