// A messaging provider that runs as the host runs it, threads that use it, and components that its
// messages reach.
#pragma once
#include <gtest/gtest.h>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <chrono>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include "contracts/messaging/capabilities.h"
#include "contracts/messaging/messaging.h"
#include "tests/contracts/started_provider.h"

namespace weft::tests {

namespace ms = contracts::messaging;

inline ms::Bytes body(std::string_view text) { return std::as_bytes(std::span(text)); }

// What a handler was given. It may be answered in the call or later.
struct Received {
  std::string subject, body;
  std::optional<std::string> reply_to;
  std::string source, link, contract, function;
  contracts::Context context;
};

// Stands for the switchboard and the component behind it: records what comes and answers as the
// test says. One thread.
class TestComponent final : public contracts::Invoker {
 public:
  // Of one message; nothing: the test answers later.
  using Said = std::expected<void, std::string>;
  using Answer = std::optional<Result<Said>>;
  using Handler = std::function<Answer(const Received&)>;

  TestComponent() : handler_([](const Received&) { return ok(); }) {}
  explicit TestComponent(Handler handler) : handler_(std::move(handler)) {}

  static Answer ok() { return Result<Said>(); }
  static Answer refusal(std::string why) {
    return Result<Said>(std::in_place, std::unexpect, std::move(why));
  }
  static Answer failure(Errc code) { return Result<Said>(fail(code, "made to fail")); }

  contracts::Pending invoke(contracts::Invocation invocation,
                            contracts::Replier& replier) override {
    const auto decoded =
        contracts::decode<std::tuple<ms::Message>>(std::get<contracts::Image>(invocation.payload));
    EXPECT_TRUE(decoded);
    const auto& message = std::get<0>(*decoded);
    Received one;
    one.subject = message.subject;
    for (const auto byte : message.body) one.body.push_back(static_cast<char>(byte));
    if (message.reply_to) one.reply_to.emplace(*message.reply_to);
    one.source = invocation.source;
    one.link = invocation.link;
    one.contract = invocation.contract;
    one.function = invocation.function;
    one.context = std::move(invocation.context);
    received.push_back(std::move(one));
    const Received copy = received.back();
    if (auto answer = handler_(copy)) {
      replier.on_reply(reply(*std::move(answer), begins));
      return {};
    }
    auto* call = new OpenHandling(*this, replier);
    open_.push_back(call);
    most_open = std::max(most_open, open_.size());
    return contracts::Pending(*call);
  }
  ~TestComponent() {
    for (auto* call : open_) call->owner = nullptr;
  }
  std::size_t open() const { return open_.size(); }
  // The oldest that is open.
  void answer(Answer answer) {
    auto* call = open_.front();
    open_.pop_front();
    auto& replier = call->replier;
    delete call;
    replier.on_reply(reply(*std::move(answer), begins));
  }

  std::vector<Received> received;
  std::size_t most_open = 0, cancelled = 0;
  bool begins = false;  // what fails had begun

 private:
  struct OpenHandling final : contracts::Call {
    OpenHandling(TestComponent& its, contracts::Replier& whose) : owner(&its), replier(whose) {}
    void cancel() noexcept override {
      if (owner != nullptr) {
        ++owner->cancelled;
        std::erase(owner->open_, this);
      }
      delete this;
    }
    TestComponent* owner;  // null: it has gone
    contracts::Replier& replier;
  };
  static contracts::Reply reply(Result<Said> result, bool begun) {
    if (!result)
      return {std::unexpected(std::move(result).error()), contracts::HttpCode::none, begun};
    return {contracts::encode(std::forward_as_tuple(*result))};
  }

  Handler handler_;
  std::deque<OpenHandling*> open_;
};

// A thread's loop, its endpoint and its subscriptions. Made, used and destroyed on that thread.
class MessagingUser final {
 public:
  MessagingUser(contracts::Provider& provider, contracts::Settings config)
      : provider_(provider),
        config_(std::move(config)),
        endpoint_(provider_.open(context_.get_executor(), config_).value()) {}
  ~MessagingUser() { subscriptions_.clear(); }

  contracts::Endpoint& endpoint() { return *endpoint_; }
  // The endpoint goes away; the thread does not.
  void close_endpoint() { endpoint_.reset(); }
  // Runs what comes until `done` or ten seconds are over; whether it is done.
  bool run_until(const std::function<bool()>& done) {
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(10);
    while (!done()) {
      if (std::chrono::steady_clock::now() > end) return false;
      context_.run_one_for(std::chrono::milliseconds(10));
    }
    return true;
  }
  // Runs for so long, whatever comes.
  void run_for(std::chrono::milliseconds time) { context_.run_for(time); }

  contracts::SourceLink link(contracts::Settings settings, std::string name) const {
    settings.insert(config_.begin(), config_.end());
    return {.source = ComponentId("broker"),
            .link = LinkName(std::move(name)),
            .contract = std::string(ms::k_handler),
            .target = ComponentId("worker"),
            .settings = std::move(settings),
            .calls = 16};
  }
  // Not started.
  std::unique_ptr<contracts::Subscription> prepare(contracts::Settings settings,
                                                   contracts::Invoker& calls,
                                                   std::string name = "default") {
    auto made = provider_.subscribe(context_.get_executor(),
                                    link(std::move(settings), std::move(name)), calls);
    EXPECT_TRUE(made) << made.error().message;
    return *std::move(made);
  }
  // Started; the broker knows of it.
  std::unique_ptr<contracts::Subscription> open(contracts::Settings settings,
                                                contracts::Invoker& calls,
                                                std::string name = "default") {
    auto made = prepare(std::move(settings), calls, std::move(name));
    made->start();
    EXPECT_TRUE(run_until([&] { return made->is_taking(); }));
    return made;
  }
  // The same, until this thread ends.
  contracts::Subscription& subscribe(contracts::Settings settings, contracts::Invoker& calls,
                                     std::string name = "default") {
    subscriptions_.push_back(open(std::move(settings), calls, std::move(name)));
    return *subscriptions_.back();
  }

 private:
  contracts::Provider& provider_;
  const contracts::Settings config_;
  boost::asio::io_context context_{1};
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_{
      context_.get_executor()};
  std::unique_ptr<contracts::Endpoint> endpoint_;
  std::vector<std::unique_ptr<contracts::Subscription>> subscriptions_;
};

// One call and its reply.
class MessagingCall final : public contracts::Replier {
 public:
  template <class... A>
  MessagingCall(MessagingUser& user, contracts::Context context, std::string_view function,
                const A&... arguments)
      : user_(user) {
    contracts::Invocation invocation;
    invocation.context = std::move(context);
    invocation.source = "test";
    invocation.interface = ms::k_interface;
    invocation.function = function;
    invocation.payload = contracts::encode(std::forward_as_tuple(arguments...));
    auto pending = user.endpoint().invoke(std::move(invocation), *this);
    if (!reply_) pending_ = std::move(pending);
  }
  MessagingCall(const MessagingCall&) = delete;
  MessagingCall& operator=(const MessagingCall&) = delete;

  void on_reply(contracts::Reply reply) noexcept override {
    pending_.settled();
    reply_ = std::move(reply.results);
  }
  bool over() const { return reply_.has_value(); }
  void cancel() { pending_.cancel(); }
  // Waits for the reply.
  const Result<contracts::Image>& wait() {
    if (!user_.run_until([this] { return over(); })) reply_ = fail(Errc::internal, "no reply came");
    return *reply_;
  }
  // Waits for the reply; of a call that failed the message as `Other`.
  template <class T>
  std::expected<T, ms::BrokerError> result() {
    const auto& image = wait();
    if (!image) return std::unexpected(ms::Other{image.error().message});
    auto decoded = contracts::decode<std::tuple<std::expected<T, ms::BrokerError>>>(*image);
    EXPECT_TRUE(decoded) << decoded.error().message;
    return std::get<0>(*std::move(decoded));
  }

 private:
  MessagingUser& user_;
  contracts::Pending pending_;
  std::optional<Result<contracts::Image>> reply_;
};

// What an error says, whichever it is.
inline std::string text(const ms::BrokerError& error) {
  return std::visit(
      []<class X>(const X& chosen) -> std::string {
        if constexpr (std::same_as<X, ms::AccessDenied>) {
          return "access denied";
        } else {
          return chosen.value;
        }
      },
      error);
}

// Started, with a user for the thread of the test.
class MessagingProvider final : public StartedProvider {
 public:
  MessagingProvider(const contracts::ProviderKind& kind, const ms::Capabilities& row,
                    contracts::Settings config = {}, std::shared_ptr<void> product = nullptr)
      : StartedProvider(kind, std::move(config), std::move(product)),
        capabilities(row),
        user(another_user()) {}
  // For the thread that asks.
  std::unique_ptr<MessagingUser> another_user() const {
    return std::make_unique<MessagingUser>(*provider, settings);
  }

  const ms::Capabilities& capabilities;
  std::unique_ptr<MessagingUser> user;
};

}  // namespace weft::tests
