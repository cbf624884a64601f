// One link on one thread, for products whose messages wait in contracts/messaging/queues.h: takes
// them as long as the dispatcher has room.
#pragma once
#include <boost/asio/io_context.hpp>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/alarm.h"
#include "contracts/messaging/dispatcher.h"
#include "contracts/messaging/queues.h"
#include "contracts/provider.h"

namespace weft::contracts::messaging {

struct QueueSubscriptionParts {
  boost::asio::io_context::executor_type executor;
  const SourceLink& link;  // during the constructor only
  SubscriptionSettings settings;
  Invoker& calls;  // this and the next outlive the subscription
  Queues& queues;
  const Clock& clock;
  Random& random;
  Log& log;
};

class QueueSubscription : public Subscription, Receiver, Member {
 public:
  explicit QueueSubscription(QueueSubscriptionParts parts);
  QueueSubscription(const QueueSubscription&) = delete;
  QueueSubscription& operator=(const QueueSubscription&) = delete;
  ~QueueSubscription() override;

  void start() final;
  bool is_taking() const final { return joined_; }
  void stop() final;
  std::size_t in_flight() const override { return dispatcher_.in_flight(); }

 protected:
  // The message of an item that was taken, for as long as `use` runs. An error: it cannot be had,
  // and has been dealt with.
  virtual Result<> open(const Item& item, const std::function<void(const Message&)>& use) = 0;
  // It was handled, or not; of others than `not_taken`.
  virtual void close(Item item, Ending ending) noexcept = 0;
  // So many wait for the link, and it has no subscription any more.
  virtual void leave_behind(std::size_t messages) = 0;

  // Before it is destroyed: what is handled now, whose calls end with this, waits again.
  void give_back();

  const std::string& key() const { return link_; }
  Queues& queues() { return queues_; }
  const Clock& clock() const { return clock_; }
  Log& log() { return log_; }

 private:
  void on_ending(std::uint64_t ticket, Ending ending, std::string_view why) noexcept final;
  void on_room() noexcept final { take_messages(); }
  void wake() final;
  void take_messages();

  // Set at construction.
  const boost::asio::io_context::executor_type executor_;
  const std::string link_;
  const std::vector<Pattern> patterns_;
  Queues& queues_;
  const Clock& clock_;
  Log& log_;
  // The thread of the executor only.
  bool joined_ = false;
  std::uint64_t last_ = 0;
  std::unordered_map<std::uint64_t, Item> handled_;  // now, by ticket
  Alarm next_;                                       // when a message is to be delivered again
  Dispatcher dispatcher_;
  std::shared_ptr<QueueSubscription*> self_;  // what is posted holds it weakly
};

}  // namespace weft::contracts::messaging
