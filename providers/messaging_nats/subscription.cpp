#include "providers/messaging_nats/subscription.h"

#include <utility>

namespace weft::providers::messaging_nats {
namespace {

using contracts::messaging::Ending;
using net::nats::More;

// What may wait on one thread for one link; what comes then is dropped, as a server does with a
// client that is too slow.
constexpr std::size_t k_waiting_messages = 16'384;
constexpr std::size_t k_waiting_bytes = std::size_t{64} << 20;
constexpr std::chrono::seconds k_line_time{1};

// Told when the server knows of a subscription.
template <class Do>
class Known final : public net::nats::Outcome {
 public:
  explicit Known(Do known) : known_(std::move(known)) {}
  More on_reply(const net::nats::Message&) noexcept override {
    known_();
    return More::no;
  }
  // The connection is lost, or not there yet: it subscribes when it is.
  void on_failure(Error) noexcept override { known_(); }
  bool wanted() const noexcept override { return true; }

 private:
  Do known_;
};

}  // namespace

CoreSubscription::CoreSubscription(SubscriptionParts parts)
    : source_(parts.link.source.str()),
      target_(parts.link.target.str()),
      link_(parts.link.link.str()),
      settings_(std::move(parts.settings)),
      queue_(std::move(parts.queue)),
      client_(std::move(parts.client)),
      clock_(parts.clock),
      log_(parts.log),
      dispatcher_({.executor = parts.executor,
                   .link = parts.link,
                   .settings = settings_,
                   .calls = parts.calls,
                   .receiver = *this,
                   .clock = parts.clock,
                   .random = parts.random,
                   .log = parts.log}) {}

CoreSubscription::~CoreSubscription() {
  self_.reset();
  for (const auto id : ids_) client_->unsubscribe(id);
}

void CoreSubscription::start() {
  // So few are handled at once that other threads do it.
  if (settings_.at_once == 0) {
    taking_ = true;
    return;
  }
  for (const auto& [subject, queue] : settings_.patterns) {
    auto id = client_->subscribe(subject, queue.empty() ? queue_ : queue, *this);
    if (id) {
      ids_.push_back(*id);
    } else {
      on_refused(std::move(id).error());
    }
  }
  auto known = [held = std::weak_ptr(self_)] {
    if (const auto self = held.lock()) (*self)->taking_ = !(*self)->ids_.empty();
  };
  client_->publish({.subject = {}}, MonotonicTime::max(),
                   std::make_unique<Known<decltype(known)>>(std::move(known)));
}

void CoreSubscription::stop() {
  taking_ = false;
  stopped_ = true;
  for (const auto id : std::exchange(ids_, {})) {
    ++drains_;
    client_->drain(id, [held = std::weak_ptr(self_)] {
      if (const auto self = held.lock()) --(*self)->drains_;
    });
  }
}

void CoreSubscription::on_message(const net::nats::Message& message) noexcept {
  if (waiting_.size() >= k_waiting_messages || waiting_bytes_ >= k_waiting_bytes) return drop();
  waiting_.emplace_back(message);
  waiting_bytes_ += waiting_.back().bytes();
  hand_over();
}

void CoreSubscription::on_refused(Error error) noexcept {
  log_.error(
      "a link cannot subscribe",
      {{"component", target_}, {"provider", source_}, {"link", link_}, {"error", error.message}});
}

void CoreSubscription::drop() {
  ++dropped_;
  const auto now = clock_.now();
  if (now - told_ < k_line_time) return;
  log_.warn("a component is too slow for its messages: some are dropped",
            {{"component", target_},
             {"provider", source_},
             {"link", link_},
             {"waiting", waiting_.size()},
             {"messages", std::exchange(dropped_, 0)}});
  told_ = now;
}

void CoreSubscription::hand_over() {
  while (!waiting_.empty() && dispatcher_.room() > 0) {
    const auto ticket = ++last_;
    const auto& kept = handled_.emplace(ticket, std::move(waiting_.front())).first->second;
    waiting_.pop_front();
    waiting_bytes_ -= kept.bytes();
    dispatcher_.deliver(kept.view(), ticket, 1, kept.trace);
  }
}

void CoreSubscription::on_ending(std::uint64_t ticket, Ending ending,
                                 std::string_view /*why*/) noexcept {
  auto node = handled_.extract(ticket);
  if (ending == Ending::not_taken) {
    waiting_bytes_ += node.mapped().bytes();
    waiting_.push_front(std::move(node.mapped()));
  }
  hand_over();
}

}  // namespace weft::providers::messaging_nats
