// The way of a message into a component, the same for every product: one call of its handler, at
// most so many at once, each with a request id, a trace and a deadline of its own, and an ending.
#pragma once
#include <boost/asio/io_context.hpp>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/alarm.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/quick_random.h"
#include "base/trace_context.h"
#include "contracts/messaging/subscription_settings.h"
#include "contracts/messaging/types.h"
#include "contracts/provider.h"

namespace weft::contracts::messaging {

enum class Ending {
  handled,
  refused,    // the handler answered an error
  failed,     // it trapped, or broke a limit
  timed_out,  // within SubscriptionSettings::timeout
  not_taken,  // no handler saw it: the component is full or not here. No delivery in vain.
};
std::string_view name(Ending ending);

// Who hands messages to a dispatcher.
class Receiver {
 public:
  // Once for each deliver(), possibly before it returns; not after the dispatcher is gone. A place
  // is free again, unless room() says otherwise. `why`: of the others than handled; during the
  // call.
  virtual void on_ending(std::uint64_t ticket, Ending ending, std::string_view why) noexcept = 0;
  // There was none, for another reason than calls under way, and there may be now.
  virtual void on_room() noexcept = 0;

 protected:
  ~Receiver() = default;
};

struct DispatcherParts {
  boost::asio::io_context::executor_type executor;
  const SourceLink& link;  // during the constructor only
  SubscriptionSettings settings;
  Invoker& calls;  // this and the next outlive the dispatcher
  Receiver& receiver;
  const Clock& clock;
  Random& random;
  Log& log;
};

// One subscription on one thread. What ends otherwise than handled is told by a line of the log
// that names link, subject and component, so many a second at most.
class Dispatcher final {
 public:
  explicit Dispatcher(DispatcherParts parts);
  Dispatcher(const Dispatcher&) = delete;
  Dispatcher& operator=(const Dispatcher&) = delete;
  // Calls in flight are cancelled; of their endings nobody hears.
  ~Dispatcher();

  // How many messages may be delivered now. None inside deliver(), so that a handler that ends at
  // once leads to no recursion: ask again after it. None, until on_room(), after some deliveries in
  // a row, so that the thread gets to do something else; and after the component was full, where
  // the pause doubles from 20 ms to a second as long as it is.
  std::size_t room() const;
  // There is room. `ticket`: for on_ending. `delivery`: of this message, from 1. `trace`: of
  // whoever sent it, if that is known. The views are used before this returns.
  void deliver(const Message& message, std::uint64_t ticket, std::uint32_t delivery = 1,
               const std::optional<TraceContext>& trace = std::nullopt);
  std::size_t in_flight() const { return in_flight_; }

 private:
  class Handling;
  // Why nothing is delivered now, although places are free.
  enum class Rest { none, for_others, target_full };
  void end(Handling& handling, Ending ending, std::string_view why) noexcept;
  void wait_for_target(const Handling& handling, std::string_view why);
  void tell(const Handling& handling, Ending ending, std::string_view why);

  // Set at construction.
  const std::string source_, target_, link_;
  const SubscriptionSettings settings_;
  Invoker& calls_;
  Receiver& receiver_;
  const Clock& clock_;
  Log& log_;
  QuickRandom random_;
  // The thread of the executor only.
  std::vector<std::unique_ptr<Handling>> handlings_;
  std::vector<Handling*> free_;
  std::size_t in_flight_ = 0;
  bool delivering_ = false;
  std::uint64_t delivered_ = 0;
  Rest rest_ = Rest::none;
  std::chrono::milliseconds pause_{0};  // for the target, the last one; 0: it took the last message
  Alarm pause_over_;
  MonotonicTime lines_since_{};
  std::uint32_t lines_ = 0, unsaid_ = 0;
};

}  // namespace weft::contracts::messaging
