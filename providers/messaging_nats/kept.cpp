#include "providers/messaging_nats/kept.h"

#include <span>

namespace weft::providers::messaging_nats {

Kept::Kept(const net::nats::Message& message)
    : subject(message.subject), reply(message.reply), body(message.payload) {
  if (const auto header = message.headers.find("traceparent")) trace = TraceContext::parse(*header);
}

contracts::messaging::Message Kept::view() const {
  contracts::messaging::Message made{subject, std::as_bytes(std::span(body)), std::nullopt};
  if (!reply.empty()) made.reply_to = reply;
  return made;
}

}  // namespace weft::providers::messaging_nats
