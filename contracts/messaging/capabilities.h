// What each product can do of the messaging contract: one row per provider, in one place.
// tests/contracts/messaging_suite.h asks the row what to expect, so neither can be wrong alone.
#pragma once
#include <cstddef>
#include <string_view>

#include "base/result.h"
#include "contracts/messaging/types.h"

namespace weft::contracts::messaging {

enum class Support { no, yes };
// What the answer to a publish promises.
enum class Keeping {
  until_the_end,   // of the process that holds it: a crash loses it
  through_crashes  // it is on a disk
};
// How often a handler gets a message that was published.
enum class Delivery { at_most_once, at_least_once };
// Of the messages of one publisher to one subject, with `max_in_flight: 1` and as long as each is
// handled at its first delivery.
enum class Ordering { none, as_published };

struct Capabilities {
  std::string_view provider;  // "weft:messaging-nats"
  Keeping keeping;
  // at_least_once: again, after a pause, until the handler said ok or the deliveries are used up.
  Delivery delivery;
  Ordering ordering;
  Support queue_groups;
  Support request;
  Support dead_letters;  // what was delivered in vain as often as may be goes to a subject
};

inline constexpr Capabilities k_memory{.provider = "weft:messaging-memory",
                                       .keeping = Keeping::until_the_end,
                                       .delivery = Delivery::at_most_once,
                                       .ordering = Ordering::as_published,
                                       .queue_groups = Support::yes,
                                       .request = Support::yes,
                                       .dead_letters = Support::no};
inline constexpr Capabilities k_sqlite{.provider = "weft:messaging-sqlite",
                                       .keeping = Keeping::through_crashes,
                                       .delivery = Delivery::at_least_once,
                                       .ordering = Ordering::as_published,
                                       .queue_groups = Support::yes,
                                       .request = Support::yes,
                                       .dead_letters = Support::yes};
// What is in NATS itself, without JetStream.
inline constexpr Capabilities k_nats{.provider = "weft:messaging-nats",
                                     .keeping = Keeping::until_the_end,
                                     .delivery = Delivery::at_most_once,
                                     .ordering = Ordering::as_published,
                                     .queue_groups = Support::yes,
                                     .request = Support::yes,
                                     .dead_letters = Support::no};

// The same for every product, so that whatever one has taken another takes, too.
inline constexpr std::size_t k_subject_bytes = 1024;
inline constexpr std::size_t k_body_bytes = std::size_t{1} << 20;

// invalid: names what is wrong with the subject or where it is to be answered (subjects.h), or the
// limit.
Result<> check(const Message& message);
Result<> check(std::string_view subject, Bytes body);

}  // namespace weft::contracts::messaging
