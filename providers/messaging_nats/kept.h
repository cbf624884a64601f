// A message that waits for its handling, or for its end.
#pragma once
#include <cstddef>
#include <optional>
#include <string>

#include "base/trace_context.h"
#include "contracts/messaging/types.h"
#include "net/nats/message.h"

namespace weft::providers::messaging_nats {

struct Kept {
  explicit Kept(const net::nats::Message& message);
  contracts::messaging::Message view() const [[clang::lifetimebound]];
  std::size_t bytes() const { return sizeof *this + subject.size() + reply.size() + body.size(); }

  std::string subject, reply, body;
  std::optional<TraceContext> trace;
};

}  // namespace weft::providers::messaging_nats
