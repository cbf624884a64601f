// What products share whose messages wait in contracts/messaging/queues.h: the broker that all
// threads use, and the contract on it but for how a message is kept.
#pragma once
#include <array>
#include <atomic>
#include <boost/asio/io_context.hpp>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/clock.h"
#include "base/log.h"
#include "contracts/messaging/messaging.h"
#include "contracts/messaging/queues.h"
#include "contracts/messaging/requests.h"
#include "contracts/provider.h"

namespace weft::contracts::messaging {

// Any thread.
struct QueueBroker {
  QueueBroker(QueueLimits limits, const ProviderStart& start)
      : queues(limits),
        requests(start.random),
        clock(start.clock),
        random(start.random),
        log(start.log) {}

  Queues queues;
  Requests requests;
  const Clock& clock;
  Random& random;
  Log& log;
  std::atomic<bool> closed{false};
};

// One thread. Requests and answers are kept in memory only: who waits for them ends with the host.
class QueueFace : public Messaging {
 public:
  // `broker` outlives this.
  QueueFace(boost::asio::io_context::executor_type executor, QueueBroker& broker)
      : broker_(broker), waiting_(std::move(executor), broker.requests, broker.clock) {}

  void publish(Message message, Answer<void> answer) final;
  void request(std::string_view subject, Bytes body, std::uint32_t timeout,
               Answer<Message> answer) final;

 protected:
  // A message that may be sent, to others than who waits for an answer.
  virtual void keep(const Message& message, Answer<void> answer) = 0;
  QueueBroker& broker() { return broker_; }

 private:
  template <class T>
  Result<> check_call(const Answer<T>& answer, Result<> allowed) const;

  QueueBroker& broker_;
  Waiting waiting_;
};

// In memory, to every link that it is for, or, when one of them has no room, to none: exhausted.
// The number of links.
Result<std::size_t> hand_on(Queues& queues, const Message& message);

// The keys of the limits, in the config of the provider; `messages` and `bytes` without them.
constexpr std::array<ConfigKey, 2> queue_keys(std::string_view messages, std::string_view bytes) {
  return {ConfigKey{"max_waiting", KeyPlace::provider, KeySupport::taken,
                    "messages that wait for one link; sending one more is an error", messages, ""},
          ConfigKey{"max_bytes", KeyPlace::provider, KeySupport::taken,
                    "bytes of all messages that wait; sending more is an error", bytes, ""}};
}
// invalid: names the key.
Result<QueueLimits> read_queue_limits(const Settings& config, QueueLimits otherwise);

}  // namespace weft::contracts::messaging
