// What a client says to a NATS server, appended to what is sent next.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>

#include "net/nats/message.h"

namespace weft::net::nats {

// `reply` may be empty.
inline void write_publish(std::string& out, const Outgoing& what, std::string_view reply) {
  out.append(what.headers.empty() ? "PUB " : "HPUB ").append(what.subject);
  if (!reply.empty()) out.append(" ").append(reply);
  if (!what.headers.empty()) out.append(" ").append(std::to_string(what.headers.size()));
  out.append(" ").append(std::to_string(what.headers.size() + what.payload.size()));
  out.append("\r\n").append(what.headers).append(what.payload).append("\r\n");
}

inline void write_subscribe(std::string& out, std::string_view pattern, std::string_view queue,
                            std::uint64_t id) {
  out.append("SUB ").append(pattern);
  if (!queue.empty()) out.append(" ").append(queue);
  out.append(" ").append(std::to_string(id)).append("\r\n");
}

inline void write_unsubscribe(std::string& out, std::uint64_t id) {
  out.append("UNSUB ").append(std::to_string(id)).append("\r\n");
}

inline constexpr std::string_view k_ping = "PING\r\n";
inline constexpr std::string_view k_pong = "PONG\r\n";

}  // namespace weft::net::nats
