// What the source config of a link says of its subscription, the same for every product.
#pragma once
#include <array>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "contracts/messaging/subjects.h"
#include "contracts/provider.h"

namespace weft::contracts::messaging {

// Of products that deliver a message again.
struct Redelivery {
  std::uint32_t most = 5;  // deliveries of one message
  std::chrono::milliseconds first_pause{1'000};
  std::chrono::milliseconds longest_pause{60'000};  // pauses double until then
  std::string dead_letters;  // a subject; empty: dropped, and the log says so
  // Before the next, after so many in vain; nothing when that was the last.
  std::optional<std::chrono::milliseconds> pause_after(std::uint32_t deliveries) const;
};

struct SubscriptionSettings {
  std::vector<Pattern> patterns;
  // Most messages handled at once on this thread; 0: none here.
  std::size_t at_once = 0;
  // For handling one message; then the call is cancelled.
  std::chrono::milliseconds timeout{30'000};
  Redelivery redelivery;

  // invalid: names the key that is wrong.
  static Result<SubscriptionSettings> read(const SourceLink& link);
};

// The keys of that, for a provider's table: of those that deliver again, and of the others.
inline constexpr std::array<ConfigKey, 3> k_subscription_keys = {
    ConfigKey{"subscriptions", KeyPlace::link_source, KeySupport::taken,
              "subjects of the messages that reach the component, with commas between them; `*` is "
              "one token, `>` at the end one or more; `subject|queue`: one of those that name the "
              "queue",
              "an error", ""},
    ConfigKey{"max_in_flight", KeyPlace::link_source, KeySupport::taken,
              "messages handled at once in this host; 1 keeps their order",
              "what `instances` of the component allows", ""},
    ConfigKey{"timeout_ms", KeyPlace::link_source, KeySupport::taken,
              "milliseconds that handling one message may take", "30000", ""}};
inline constexpr std::array<ConfigKey, 4> k_redelivery_keys = {
    ConfigKey{"max_deliveries", KeyPlace::link_source, KeySupport::taken,
              "how often a message is delivered until it is given up", "5", ""},
    ConfigKey{"backoff_ms", KeyPlace::link_source, KeySupport::taken,
              "milliseconds before the second delivery; later pauses double", "1000", ""},
    ConfigKey{"max_backoff_ms", KeyPlace::link_source, KeySupport::taken,
              "milliseconds of the longest pause", "60000", ""},
    ConfigKey{"dead_letters", KeyPlace::link_source, KeySupport::taken,
              "subject that messages go to which were given up", "dropped, with a line in the log",
              ""}};

}  // namespace weft::contracts::messaging
