// A message of which nobody else holds the memory.
#pragma once
#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "contracts/messaging/types.h"

namespace weft::contracts::messaging {

struct OwnedMessage {
  explicit OwnedMessage(const Message& from)
      : subject(from.subject), body(from.body.begin(), from.body.end()) {
    if (from.reply_to) reply_to.emplace(*from.reply_to);
  }
  Message view() const [[clang::lifetimebound]] {
    return {subject, body, reply_to ? std::optional<std::string_view>(*reply_to) : std::nullopt};
  }

  std::string subject;
  std::vector<std::byte> body;
  std::optional<std::string> reply_to;
};

// What keeping it takes, about.
inline std::size_t kept_bytes(const Message& message) {
  return 128 + message.subject.size() + message.body.size() +
         (message.reply_to ? message.reply_to->size() : 0);
}

}  // namespace weft::contracts::messaging
