// One link on one thread, on what NATS itself does: each message is handled once, or lost.
#pragma once
#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "contracts/messaging/dispatcher.h"
#include "contracts/provider.h"
#include "providers/messaging_nats/clients.h"
#include "providers/messaging_nats/kept.h"

namespace weft::providers::messaging_nats {

struct SubscriptionParts {
  boost::asio::io_context::executor_type executor;
  const contracts::SourceLink& link;  // during the constructor only
  contracts::messaging::SubscriptionSettings settings;
  // Of those that name no queue: the link's own on this host, so that each message is handled once,
  // whichever thread gets it, also while one subscription follows another.
  std::string queue;
  ClientPtr client;
  contracts::Invoker& calls;  // this and the next outlive the subscription
  const Clock& clock;
  Random& random;
  Log& log;
};

class CoreSubscription final : public contracts::Subscription,
                               contracts::messaging::Receiver,
                               net::nats::Subscriber {
 public:
  explicit CoreSubscription(SubscriptionParts parts);
  CoreSubscription(const CoreSubscription&) = delete;
  CoreSubscription& operator=(const CoreSubscription&) = delete;
  ~CoreSubscription() override;

  void start() override;
  bool is_taking() const override { return taking_; }
  void stop() override;
  std::size_t in_flight() const override {
    return dispatcher_.in_flight() + (stopped_ ? waiting_.size() + drains_ : 0);
  }

 private:
  void on_message(const net::nats::Message& message) noexcept override;
  void on_refused(Error error) noexcept override;
  void on_ending(std::uint64_t ticket, contracts::messaging::Ending ending,
                 std::string_view why) noexcept override;
  void on_room() noexcept override { hand_over(); }
  void hand_over();
  void drop();

  // Set at construction.
  const std::string source_, target_, link_;
  const contracts::messaging::SubscriptionSettings settings_;
  const std::string queue_;
  const ClientPtr client_;
  const Clock& clock_;
  Log& log_;
  // The thread of the executor only.
  std::vector<net::nats::Client::SubscriptionId> ids_;
  bool taking_ = false, stopped_ = false;
  std::size_t drains_ = 0;  // under way
  std::deque<Kept> waiting_;
  std::size_t waiting_bytes_ = 0;
  std::uint64_t dropped_ = 0;  // since the last line
  MonotonicTime told_{};
  std::uint64_t last_ = 0;
  std::unordered_map<std::uint64_t, Kept> handled_;  // now, by ticket
  contracts::messaging::Dispatcher dispatcher_;
  // What outlives this holds it weakly.
  std::shared_ptr<CoreSubscription*> self_ = std::make_shared<CoreSubscription*>(this);
};

}  // namespace weft::providers::messaging_nats
