// The face of messaging: what a provider in C++ implements for the messages that components send.
// Those that reach components: contracts/messaging/dispatcher.h.
#pragma once
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "contracts/messaging/types.h"
#include "contracts/open_call.h"

namespace weft::contracts::messaging {

// What is the contract's own in its answers.
struct Contract {
  using Error = BrokerError;
  static constexpr std::string_view k_provider = "messaging provider";
  // denied, exhausted (full) and not_found (nobody) have words of their own, invalid and conflict
  // are `other`; the rest fails the call.
  static std::optional<Error> error(const weft::Error& error);
  static Error unsupported(std::string what) { return Unsupported{std::move(what)}; }
};
template <class T>
using Answer = contracts::Answer<T, Contract>;

// Implementations belong to one thread, like every Invoker, and never block it for long. What a
// product cannot do (its row in capabilities.h) its implementation leaves as it is here.
class Messaging {
 public:
  virtual ~Messaging() = default;
  virtual void publish(Message message, Answer<void> answer) = 0;
  // Until the earlier of `timeout` (milliseconds from now) and the deadline of the call: then the
  // answer is no_answer(). Cancelled with its caller.
  virtual void request(std::string_view subject, Bytes body, std::uint32_t timeout,
                       Answer<Message> answer);
};

// timed_out: "nobody answered the request to 'a.b' within 250 ms".
Error no_answer(std::string_view subject, std::chrono::milliseconds waited);

// not_found: "nobody subscribes to 'a.b'".
Error nobody_there(std::string_view subject);

class MessagingInvoker final : public FaceInvoker<Messaging> {
 public:
  // `face` outlives this.
  explicit MessagingInvoker(Messaging& face);
};

}  // namespace weft::contracts::messaging
