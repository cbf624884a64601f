#include "contracts/messaging/queue_subscription.h"

#include <boost/asio/post.hpp>
#include <utility>

namespace weft::contracts::messaging {

QueueSubscription::QueueSubscription(QueueSubscriptionParts parts)
    : executor_(parts.executor),
      link_(link_key(parts.link)),
      patterns_(parts.settings.patterns),
      queues_(parts.queues),
      clock_(parts.clock),
      log_(parts.log),
      next_(parts.executor, parts.clock, [this] { take_messages(); }),
      dispatcher_({.executor = parts.executor,
                   .link = parts.link,
                   .settings = std::move(parts.settings),
                   .calls = parts.calls,
                   .receiver = *this,
                   .clock = parts.clock,
                   .random = parts.random,
                   .log = parts.log}),
      self_(std::make_shared<QueueSubscription*>(this)) {}

QueueSubscription::~QueueSubscription() {
  if (joined_) queues_.leave(link_, *this);
}

void QueueSubscription::give_back() {
  for (auto& [ticket, item] : handled_) queues_.put_back(link_, std::move(item));
  handled_.clear();
}

void QueueSubscription::start() {
  queues_.join(link_, patterns_, *this);
  joined_ = true;
  wake();
}

void QueueSubscription::stop() {
  if (!std::exchange(joined_, false)) return;
  next_.cancel();
  if (const auto left = queues_.leave(link_, *this); left > 0) leave_behind(left);
}

void QueueSubscription::wake() {
  boost::asio::post(executor_, [held = std::weak_ptr(self_)] {
    if (const auto self = held.lock()) (*self)->take_messages();
  });
}

void QueueSubscription::take_messages() {
  while (joined_) {
    if (dispatcher_.room() == 0) return queues_.rest(link_, *this);
    auto taken = queues_.take(link_, *this, clock_.now());
    if (const auto* at = std::get_if<MonotonicTime>(&taken)) {
      return *at == MonotonicTime::max() ? next_.cancel() : next_.set(*at);
    }
    const auto ticket = ++last_;
    const auto item = std::get<Item>(std::move(taken));
    handled_.emplace(ticket, item);
    const auto opened = open(item, [&](const Message& message) {
      dispatcher_.deliver(message, ticket, item.deliveries + 1);
    });
    if (!opened) handled_.erase(ticket);
  }
}

void QueueSubscription::on_ending(std::uint64_t ticket, Ending ending,
                                  std::string_view /*why*/) noexcept {
  auto item = std::move(handled_.extract(ticket).mapped());
  if (ending == Ending::not_taken) {
    queues_.put_back(link_, std::move(item));
  } else {
    close(std::move(item), ending);
  }
  if (dispatcher_.room() > 0) take_messages();
}

}  // namespace weft::contracts::messaging
