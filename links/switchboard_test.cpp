#include "links/switchboard.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstddef>
#include <deque>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/manual_clock.h"

namespace weft::links {
namespace {

using contracts::Image;
using contracts::Invocation;
using contracts::Pending;
using contracts::Replier;
using contracts::Reply;

// Keeps a call open until the test answers it.
class HeldTarget final : public contracts::Invoker, public contracts::Call {
 public:
  Pending invoke(Invocation invocation, Replier& replier) override {
    ++calls;
    hops = invocation.context.hops;
    settings = std::move(invocation.settings);
    replier_ = &replier;
    return Pending(*this);
  }
  bool takes_lent(const Invocation&) const override { return true; }
  void cancel() noexcept override { ++cancelled; }
  void answer(std::size_t size) { replier_->on_reply({Image(size)}); }
  int calls = 0, cancelled = 0;
  std::uint32_t hops = 0;
  std::shared_ptr<const contracts::Settings> settings;

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

// Adds up the bytes of its argument, or fails when there are none.
class Adder final : public contracts::Invoker {
 public:
  Pending invoke(Invocation invocation, Replier& replier) override {
    ++calls;
    const auto& arguments = std::get<Image>(invocation.payload);
    if (arguments.size() == 0) {
      replier.on_reply({fail(Errc::invalid, "nothing to add")});
      return {};
    }
    Image sum(1);
    for (const auto byte : arguments.bytes())
      sum.data()[0] =
          static_cast<std::byte>(std::to_integer<int>(sum.data()[0]) + std::to_integer<int>(byte));
    replier.on_reply({std::move(sum)});
    return {};
  }
  int calls = 0;
};

Image image_of(std::span<const std::byte> bytes) {
  Image image(bytes.size());
  std::ranges::copy(bytes, image.data());
  return image;
}

// Keeps calls as one would write them to a file, and makes them again.
class Tape final : public contracts::Recorder {
 public:
  struct Entry {
    std::string source, link, contract, interface, function, target;
    std::vector<std::byte> arguments, results;
    std::optional<Errc> error;
    bool open = true;  // no reply has come
  };

  std::unique_ptr<contracts::Recording> record(const Invocation& invocation,
                                               std::string_view target) override {
    if (invocation.function == skipped) return nullptr;
    Entry entry{std::string(invocation.source),
                std::string(invocation.link),
                std::string(invocation.contract),
                std::string(invocation.interface),
                std::string(invocation.function),
                std::string(target),
                {},
                {},
                {}};
    const auto bytes = std::get<Image>(invocation.payload).bytes();
    entry.arguments.assign(bytes.begin(), bytes.end());
    return std::make_unique<Line>(entries.emplace_back(std::move(entry)));
  }
  static Invocation again(const Entry& entry) {
    Invocation invocation;
    invocation.source = entry.source;
    invocation.link = entry.link;
    invocation.contract = entry.contract;
    invocation.interface = entry.interface;
    invocation.function = entry.function;
    invocation.payload = image_of(entry.arguments);
    return invocation;
  }
  std::deque<Entry> entries;
  std::string skipped;

 private:
  struct Line final : contracts::Recording {
    explicit Line(Entry& of) : entry(of) {}
    void on_reply(const Reply& reply) override {
      entry.open = false;
      if (!reply.results) {
        entry.error = reply.results.error().code;
        return;
      }
      const auto bytes = reply.results->bytes();
      entry.results.assign(bytes.begin(), bytes.end());
    }
    Entry& entry;
  };
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

  const ManualClock clock_;
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

TEST_F(SwitchboardTest, tells_the_target_what_the_link_says_and_nothing_that_a_caller_says) {
  const auto told =
      std::make_shared<const contracts::Settings>(contracts::Settings{{"ttl_ms", "100"}});
  const auto board = make();
  auto invocation = call();
  invocation.settings = told;

  caller_.pending = board->invoke(std::move(invocation), caller_);
  EXPECT_EQ(target_.settings, nullptr);
  target_.answer(8);
  board->swap(*LinkTable::make({{.source = "web",
                                 .name = "default",
                                 .contract = "shop:pricing/api",
                                 .target = "pricing",
                                 .settings = told}}),
              {{"pricing", &target_}});
  caller_.pending = board->invoke(call(), caller_);
  target_.answer(8);

  EXPECT_EQ(target_.settings, told);
}

TEST_F(SwitchboardTest, lends_arguments_to_a_target_that_takes_them_if_nobody_else_looks_at_them) {
  const Anyone anyone;
  Spans spans;
  Tape tape;
  Adder adder;
  const auto watched = make({.policies = {}, .observers = {&spans}});
  const auto recorded = make({.policies = {}, .observers = {}, .recorder = &tape});
  const auto guarded = make({.policies = {&anyone}, .observers = {}});
  const auto to_adder = make(), plain = make();
  to_adder->swap(*LinkTable::make({{"web", "default", "shop:pricing/api", "pricing"}}),
                 {{"pricing", &adder}});
  auto unlinked = call();
  unlinked.contract = "wasi:keyvalue/store";

  EXPECT_TRUE(plain->takes_lent(call()));
  EXPECT_FALSE(plain->takes_lent(unlinked));
  EXPECT_FALSE(to_adder->takes_lent(call()));
  EXPECT_FALSE(watched->takes_lent(call()));
  EXPECT_FALSE(recorded->takes_lent(call()));
  EXPECT_FALSE(guarded->takes_lent(call()));
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
  Spans spans;
  const auto watched = make({.hop_limit = 2, .policies = {}, .observers = {&spans}});
  const auto board = make({.hop_limit = 2, .policies = {}, .observers = {}});
  auto top = std::make_shared<contracts::Frame>(contracts::Frame{"a", "x:y/z", "f", nullptr});
  auto invocation = call();
  invocation.context.hops = 3;
  auto observed = call();
  observed.context.hops = 3;
  caller_.pending = watched->invoke(std::move(observed), caller_);
  EXPECT_EQ(caller_.replied->code, contracts::HttpCode::loop_detected);
  invocation.context.chain =
      std::make_shared<contracts::Frame>(contracts::Frame{"b", "x:y/z", "g", top});

  caller_.pending = board->invoke(std::move(invocation), caller_);

  EXPECT_EQ(code(), Errc::exhausted);
  EXPECT_EQ(caller_.replied->code, contracts::HttpCode::loop_detected);
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
  invocation.context.deadline = clock_.now() + std::chrono::nanoseconds(1);

  caller_.pending = board->invoke(std::move(invocation), caller_);

  EXPECT_EQ(target_.calls, 1);
  target_.answer(8);
}

TEST_F(SwitchboardTest, refuses_a_call_whose_deadline_has_passed) {
  const auto board = make();
  auto invocation = call();
  invocation.context.deadline = clock_.now();

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

TEST_F(SwitchboardTest, records_calls_so_that_they_can_be_made_again_with_the_same_result) {
  Tape tape;
  Adder adder;
  const auto board = make({.hop_limit = 32, .policies = {}, .observers = {}, .recorder = &tape});
  board->swap(*LinkTable::make({{"web", "default", "shop:pricing/api", "pricing"}}),
              {{"pricing", &adder}});
  for (const std::size_t size : {3u, 0u}) {
    auto invocation = call();
    Image arguments(size);
    for (std::size_t at = 0; at < size; ++at) arguments.data()[at] = std::byte{7};
    invocation.payload = std::move(arguments);
    Caller caller;
    caller.pending = board->invoke(std::move(invocation), caller);
  }

  ASSERT_EQ(tape.entries.size(), 2u);
  EXPECT_EQ(tape.entries[0].target, "pricing");
  const std::vector recorded(tape.entries.begin(), tape.entries.end());
  for (const auto& entry : recorded) {
    Caller caller;
    caller.pending = board->invoke(Tape::again(entry), caller);
    ASSERT_TRUE(caller.replied);
    const auto& results = caller.replied->results;
    if (entry.error) {
      ASSERT_FALSE(results);
      EXPECT_EQ(results.error().code, *entry.error);
    } else {
      ASSERT_TRUE(results);
      EXPECT_TRUE(std::ranges::equal(results->bytes(), entry.results));
      EXPECT_EQ(results->data()[0], std::byte{21});
    }
  }
  EXPECT_EQ(adder.calls, 4);
}

TEST_F(SwitchboardTest, records_neither_what_the_recorder_leaves_out_nor_what_reached_no_target) {
  Tape tape;
  tape.skipped = "price";
  const auto board = make({.hop_limit = 32, .policies = {}, .observers = {}, .recorder = &tape});

  caller_.pending = board->invoke(call(), caller_);
  target_.answer(1);
  auto unlinked = call();
  unlinked.link = "other";
  unlinked.function = "other";
  Caller refused;
  refused.pending = board->invoke(std::move(unlinked), refused);

  EXPECT_TRUE(caller_.replied && caller_.replied->results);
  EXPECT_TRUE(refused.replied);
  EXPECT_TRUE(tape.entries.empty());
}

TEST_F(SwitchboardTest, leaves_the_recording_of_a_cancelled_call_without_a_reply) {
  Tape tape;
  const auto board = make({.hop_limit = 32, .policies = {}, .observers = {}, .recorder = &tape});
  caller_.pending = board->invoke(call(), caller_);

  caller_.pending.cancel();

  ASSERT_EQ(tape.entries.size(), 1u);
  EXPECT_TRUE(tape.entries.front().open);
}

}  // namespace
}  // namespace weft::links
