// One link on one thread, on a stream of JetStream: each message comes again until it was handled,
// or was delivered in vain as often as may be.
#pragma once
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/alarm.h"
#include "contracts/messaging/dispatcher.h"
#include "contracts/provider.h"
#include "net/nats/jetstream.h"
#include "providers/messaging_nats/clients.h"
#include "providers/messaging_nats/kept.h"
#include "providers/messaging_nats/subscription.h"

namespace weft::providers::messaging_nats {

// What a link says of the stream that it is on.
struct StreamSettings {
  std::string stream;  // empty: none, only NATS itself
  std::string domain;
  net::nats::Deliver deliver = net::nats::Deliver::from_now_on;  // of a consumer that is made
  std::chrono::milliseconds ack_wait{30'000};

  // invalid: names the key that is wrong.
  static Result<StreamSettings> read(const contracts::Settings& settings);
};

class DurableSubscription final : public contracts::Subscription, contracts::messaging::Receiver {
 public:
  // The queue of the parts is not used: all hosts with this link share its consumers.
  DurableSubscription(SubscriptionParts parts, StreamSettings stream);
  DurableSubscription(const DurableSubscription&) = delete;
  DurableSubscription& operator=(const DurableSubscription&) = delete;
  ~DurableSubscription() override;

  void start() override;
  bool is_taking() const override { return taking_; }
  void stop() override;
  std::size_t in_flight() const override;

 private:
  // Of one subject of the link, as the server keeps it.
  struct Consumer {
    std::string name;
    std::string subject;
    bool there = false;
    bool asking = false;       // for it, or for messages
    std::size_t promised = 0;  // messages asked for that have not come
  };
  struct Item {
    Kept message;
    std::string ack;  // where to say what became of it
    std::uint32_t times;
  };

  void on_ending(std::uint64_t ticket, contracts::messaging::Ending ending,
                 std::string_view why) noexcept override;
  void on_room() noexcept override { go_on(); }

  void go_on();
  void open(std::size_t index);
  void fetch(std::size_t index, std::size_t messages);
  net::nats::More on_fetched(std::size_t index, const net::nats::Message& message);
  void ended(std::size_t index, std::optional<std::string> trouble);
  void hand_over();
  void give_up(Item item, std::string_view why);
  void answer(const std::string& to, std::string_view word);
  void say_that_it_goes_on();

  // Set at construction.
  const std::string source_, target_, link_;
  const contracts::messaging::SubscriptionSettings settings_;
  const StreamSettings stream_;
  const std::string api_;
  const ClientPtr client_;
  const Clock& clock_;
  Log& log_;
  // The thread of the executor only.
  std::vector<Consumer> consumers_;
  std::size_t next_ = 0;  // of them: the first to be asked
  bool started_ = false, taking_ = false, stopped_ = false;
  std::string trouble_;  // what was told last
  std::deque<Item> waiting_;
  std::uint64_t last_ = 0;
  std::unordered_map<std::uint64_t, Item> handled_;  // now, by ticket
  std::size_t burials_ = 0;                          // dead letters on their way
  Alarm again_, goes_on_;
  contracts::messaging::Dispatcher dispatcher_;
  // What outlives this holds it weakly.
  std::shared_ptr<DurableSubscription*> self_ = std::make_shared<DurableSubscription*>(this);
};

}  // namespace weft::providers::messaging_nats
