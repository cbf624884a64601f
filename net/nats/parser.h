// What a NATS server says, read from bytes as they come.
#pragma once
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/result.h"
#include "net/nats/message.h"

namespace weft::net::nats {

// Valid until its parser is fed again.
struct Incoming {
  enum class Kind { info, message, ping, pong, ok, error };
  Kind kind = Kind::ok;
  std::string_view text;           // of info (JSON) and error
  std::uint64_t subscription = 0;  // of a message
  Message message = {};
};

// One thread. After an error of no more use.
class Parser final {
 public:
  // Of one message, its headers included.
  explicit Parser(std::size_t most_bytes) : most_(most_bytes) {}

  void feed(std::span<const char> bytes);
  // The next thing that is there whole. invalid: not the protocol of NATS. exhausted: a message is
  // too large.
  Result<std::optional<Incoming>> next();

 private:
  Result<std::optional<Incoming>> take_message(std::string_view words, std::size_t line_bytes,
                                               bool with_headers);

  std::size_t most_;
  std::string buffer_;
  std::size_t at_ = 0;  // of what was not handed out yet
};

}  // namespace weft::net::nats
