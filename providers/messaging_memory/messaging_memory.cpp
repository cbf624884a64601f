#include "providers/messaging_memory/messaging_memory.h"

#include <array>
#include <memory>
#include <utility>

#include "contracts/messaging/capabilities.h"
#include "contracts/messaging/queue_face.h"
#include "contracts/messaging/queue_subscription.h"

namespace weft::providers::messaging_memory {
namespace {

namespace ms = contracts::messaging;

class Face final : public ms::QueueFace {
 public:
  using QueueFace::QueueFace;

 private:
  void keep(const ms::Message& message, ms::Answer<void> answer) override {
    auto sent = ms::hand_on(broker().queues, message);
    if (!sent) return std::move(answer)(std::unexpected(std::move(sent).error()));
    std::move(answer)({});
  }
};

class MemoryEndpoint final : public contracts::Endpoint {
 public:
  MemoryEndpoint(boost::asio::io_context::executor_type executor, ms::QueueBroker& broker)
      : face_(std::move(executor), broker) {}
  contracts::Pending invoke(contracts::Invocation invocation,
                            contracts::Replier& replier) override {
    return invoker_.invoke(std::move(invocation), replier);
  }
  std::size_t in_flight() const override { return invoker_.in_flight(); }

 private:
  Face face_;
  ms::MessagingInvoker invoker_{face_};
};

// Delivers each message once at most.
class MemorySubscription final : public ms::QueueSubscription {
 public:
  using QueueSubscription::QueueSubscription;

 private:
  Result<> open(const ms::Item& item, const std::function<void(const ms::Message&)>& use) override {
    use(item.message->view());
    return {};
  }
  void close(ms::Item /*item*/, ms::Ending /*ending*/) noexcept override {}
  void leave_behind(std::size_t messages) override {
    queues().forget(key());
    log().warn("messages of a link that ended were dropped",
               {{"link", key()}, {"messages", messages}});
  }
};

class MemoryProvider final : public contracts::Provider {
 public:
  MemoryProvider(ms::QueueLimits limits, const contracts::ProviderStart& start)
      : broker_(limits, start) {}

  Result<std::unique_ptr<contracts::Endpoint>> open(
      boost::asio::io_context::executor_type executor,
      const contracts::Settings& /*settings*/) override {
    return std::make_unique<MemoryEndpoint>(std::move(executor), broker_);
  }
  Result<std::unique_ptr<contracts::Subscription>> subscribe(
      boost::asio::io_context::executor_type executor, const contracts::SourceLink& link,
      contracts::Invoker& calls) override {
    TRY(auto settings, ms::SubscriptionSettings::read(link));
    return std::make_unique<MemorySubscription>(
        ms::QueueSubscriptionParts{.executor = std::move(executor),
                                   .link = link,
                                   .settings = std::move(settings),
                                   .calls = calls,
                                   .queues = broker_.queues,
                                   .clock = broker_.clock,
                                   .random = broker_.random,
                                   .log = broker_.log});
  }
  // Requests that wait for answers are answered by their endpoints' end.
  void close() override { broker_.closed.store(true); }

 private:
  ms::QueueBroker broker_;
};

constexpr auto k_limits = ms::queue_keys("10000", "268435456");
constexpr std::array k_keys = {ms::k_subscription_keys[0], ms::k_subscription_keys[1],
                               ms::k_subscription_keys[2], k_limits[0], k_limits[1]};

Result<std::unique_ptr<contracts::Provider>> start(const contracts::ProviderStart& start) {
  TRY(const auto limits,
      ms::read_queue_limits(start.config, {.messages = 10'000, .bytes = std::size_t{256} << 20}));
  return std::make_unique<MemoryProvider>(limits, start);
}

}  // namespace

const contracts::ProviderKind& kind() {
  static const contracts::ProviderKind made{
      .info = {.name = ms::k_memory.provider,
               .what = "hands messages from component to component, in memory",
               .aliases = {},
               .serves = ms::k_served,
               .calls = ms::k_called,
               .keys = k_keys,
               .keeps = contracts::Keeps::in_its_memory},
      .succession = contracts::Succession::side_by_side,
      .start = start};
  return made;
}

}  // namespace weft::providers::messaging_memory
