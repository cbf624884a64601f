#include "links/switchboard.h"

#include <gtest/gtest.h>

#include <optional>

namespace weft::links {
namespace {

using contracts::Image;
using contracts::Invocation;
using contracts::Pending;
using contracts::Replier;
using contracts::Reply;

class FakeClock final : public Clock {
 public:
  MonotonicTime now() const override { return now_; }
  WallTime wall() const override { return {}; }
  MonotonicTime now_{std::chrono::seconds(100)};
};

// Keeps a call open until the test answers it.
class HeldTarget final : public contracts::Invoker, public contracts::Call {
 public:
  Pending invoke(Invocation invocation, Replier& replier) override {
    ++calls;
    hops = invocation.context.hops;
    replier_ = &replier;
    return Pending(*this);
  }
  void cancel() noexcept override { ++cancelled; }
  void answer(std::size_t size) { replier_->on_reply({Image(size)}); }
  int calls = 0, cancelled = 0;
  std::uint32_t hops = 0;

 private:
  Replier* replier_ = nullptr;
};

class Caller final : public Replier {
 public:
  void on_reply(Reply reply) noexcept override {
    pending.settled();
    replied = std::move(reply);
  }
  Pending pending;
  std::optional<Reply> replied;
};

class Spans final : public contracts::SpanObserver {
 public:
  void on_start(const contracts::SpanStart& span) override { started.emplace_back(span.target); }
  void on_end(const contracts::SpanStart&, const contracts::SpanEnd& end) override {
    outcomes.emplace_back(end.error == nullptr ? "ok" : std::string(name(end.error->code)));
    bytes_out = end.bytes_out;
  }
  std::vector<std::string> started, outcomes;
  std::uint64_t bytes_out = 0;
};

class NoFriday final : public Policy {
 public:
  Result<> allow(const Invocation&, const Link& link) const override {
    return fail(Errc::denied, "not to " + link.target + " on a Friday");
  }
};

class Anyone final : public Policy {
 public:
  Result<> allow(const Invocation&, const Link&) const override { return {}; }
};

class SwitchboardTest : public testing::Test {
 protected:
  std::unique_ptr<Switchboard> make(SwitchboardSettings settings = {}) {
    auto board = std::make_unique<Switchboard>(std::move(settings), clock_);
    board->swap(*LinkTable::make({{"web", "default", "shop:pricing/api", "pricing"}}),
                {{"pricing", &target_}});
    return board;
  }
  static Invocation call() {
    Invocation invocation;
    invocation.source = "web";
    invocation.link = "default";
    invocation.contract = invocation.interface = "shop:pricing/api@1.0.0";
    invocation.function = "price";
    invocation.payload = Image(4);
    return invocation;
  }
  Errc code() const { return caller_.replied->results.error().code; }
  const std::string& message() const { return caller_.replied->results.error().message; }

  FakeClock clock_;
  HeldTarget target_;
  Caller caller_;
};

TEST_F(SwitchboardTest, forwards_a_call_to_what_the_link_names) {
  const auto board = make();

  caller_.pending = board->invoke(call(), caller_);
  target_.answer(8);

  ASSERT_TRUE(caller_.replied && caller_.replied->results);
  EXPECT_EQ(caller_.replied->results->size(), 8u);
}

TEST_F(SwitchboardTest, denies_a_call_without_a_link_and_says_what_to_add) {
  const auto board = make();
  auto invocation = call();
  invocation.contract = "wasi:keyvalue/store";

  caller_.pending = board->invoke(std::move(invocation), caller_);

  EXPECT_EQ(code(), Errc::denied);
  EXPECT_NE(message().find("web has no link named 'default' for wasi:keyvalue/store"),
            std::string::npos);
}

TEST_F(SwitchboardTest, ends_a_cycle_of_links_at_the_hop_limit_and_shows_it) {
  const auto board = make({.hop_limit = 2, .policies = {}, .observers = {}});
  auto top = std::make_shared<contracts::Frame>(contracts::Frame{"a", "x:y/z", "f", nullptr});
  auto invocation = call();
  invocation.context.hops = 3;
  invocation.context.chain =
      std::make_shared<contracts::Frame>(contracts::Frame{"b", "x:y/z", "g", top});

  caller_.pending = board->invoke(std::move(invocation), caller_);

  EXPECT_EQ(code(), Errc::exhausted);
  EXPECT_NE(message().find("a -> x:y/z.f -> b -> x:y/z.g"), std::string::npos) << message();
}

TEST_F(SwitchboardTest, forwards_a_call_with_as_many_callers_as_the_hop_limit) {
  const auto board = make({.hop_limit = 2, .policies = {}, .observers = {}});
  auto invocation = call();
  invocation.context.hops = 2;

  caller_.pending = board->invoke(std::move(invocation), caller_);
  target_.answer(8);

  EXPECT_TRUE(caller_.replied->results);
}

TEST_F(SwitchboardTest, forwards_a_call_whose_deadline_is_yet_to_come) {
  const auto board = make();
  auto invocation = call();
  invocation.context.deadline = clock_.now_ + std::chrono::nanoseconds(1);

  caller_.pending = board->invoke(std::move(invocation), caller_);

  EXPECT_EQ(target_.calls, 1);
  target_.answer(8);
}

TEST_F(SwitchboardTest, refuses_a_call_whose_deadline_has_passed) {
  const auto board = make();
  auto invocation = call();
  invocation.context.deadline = clock_.now_;

  caller_.pending = board->invoke(std::move(invocation), caller_);

  EXPECT_EQ(code(), Errc::timed_out);
  EXPECT_EQ(target_.calls, 0);
}

TEST_F(SwitchboardTest, asks_every_policy) {
  const Anyone anyone;
  const NoFriday policy;
  const auto board = make({.hop_limit = 32, .policies = {&anyone, &policy}, .observers = {}});

  caller_.pending = board->invoke(call(), caller_);

  ASSERT_TRUE(caller_.replied);
  EXPECT_EQ(target_.calls, 0);
  EXPECT_EQ(code(), Errc::denied);
  EXPECT_EQ(message(), "not to pricing on a Friday");
}

TEST_F(SwitchboardTest, keeps_a_call_in_flight_with_the_target_it_began_with) {
  const auto board = make();
  HeldTarget newer;
  caller_.pending = board->invoke(call(), caller_);

  board->swap(*LinkTable::make({{"web", "default", "shop:pricing/api", "newer"}}),
              {{"newer", &newer}});
  Caller second;
  second.pending = board->invoke(call(), second);
  target_.answer(1);

  EXPECT_TRUE(caller_.replied);
  EXPECT_EQ(newer.calls, 1);
  EXPECT_EQ(target_.calls, 1);
}

TEST_F(SwitchboardTest, tells_observers_the_start_the_outcome_and_the_bytes) {
  Spans spans;
  const auto board = make({.hop_limit = 32, .policies = {}, .observers = {&spans}});

  caller_.pending = board->invoke(call(), caller_);
  target_.answer(8);

  EXPECT_EQ(spans.started, std::vector<std::string>{"pricing"});
  EXPECT_EQ(spans.outcomes, std::vector<std::string>{"ok"});
  EXPECT_EQ(spans.bytes_out, 8u);
}

TEST_F(SwitchboardTest, cancels_an_observed_call_and_tells_the_observers) {
  Spans spans;
  const auto board = make({.hop_limit = 32, .policies = {}, .observers = {&spans}});
  caller_.pending = board->invoke(call(), caller_);

  caller_.pending.cancel();

  EXPECT_EQ(target_.cancelled, 1);
  EXPECT_EQ(spans.outcomes, std::vector<std::string>{"cancelled"});
}

TEST_F(SwitchboardTest, tells_observers_of_a_refused_call_too) {
  Spans spans;
  const auto board = make({.hop_limit = 32, .policies = {}, .observers = {&spans}});
  auto invocation = call();
  invocation.link = "other";

  caller_.pending = board->invoke(std::move(invocation), caller_);

  EXPECT_EQ(spans.outcomes, std::vector<std::string>{"denied"});
}

}  // namespace
}  // namespace weft::links
