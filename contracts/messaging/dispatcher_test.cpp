#include "contracts/messaging/dispatcher.h"

#include <gtest/gtest.h>

#include "base/manual_clock.h"
#include "tests/contracts/messaging_provider.h"

namespace weft::contracts::messaging {
namespace {

using tests::Received;
using tests::TestComponent;

SourceLink link_to_worker(Settings settings, std::uint64_t calls = 16) {
  return {.source = ComponentId("broker"),
          .link = LinkName("default"),
          .contract = std::string(k_handler),
          .target = ComponentId("worker"),
          .settings = std::move(settings),
          .calls = calls};
}

SubscriptionSettings read(Settings settings) {
  settings.emplace("subscriptions", "a");
  return SubscriptionSettings::read(link_to_worker(std::move(settings))).value();
}

// A dispatcher whose receiver has messages without end, or as many as the test says.
struct Rig final : Receiver {
  explicit Rig(TestComponent& worker, Settings settings = {})
      : dispatcher({.executor = io.get_executor(),
                    .link = link_to_worker({}),
                    .settings = read(std::move(settings)),
                    .calls = worker,
                    .receiver = *this,
                    .clock = clock,
                    .random = random,
                    .log = log}) {}

  void deliver_all() {
    while (left > 0 && dispatcher.room() > 0) {
      --left;
      dispatcher.deliver({"a", {}, {}}, ++ticket);
    }
  }
  void on_ending(std::uint64_t, Ending ending, std::string_view) noexcept override {
    endings.push_back(ending);
    if (ending == Ending::not_taken) ++left;
    deliver_all();
  }
  void on_room() noexcept override { deliver_all(); }
  void pass(std::chrono::milliseconds time) {
    clock.advance(time);
    io.restart();
    io.poll();
  }

  ManualClock clock;
  SystemRandom random;
  std::string logged;
  Log log{{.level = LogLevel::debug}, clock, [this](std::string_view line) { logged += line; }};
  boost::asio::io_context io{1};
  std::vector<Ending> endings;
  int left = 0;
  std::uint64_t ticket = 0;
  Dispatcher dispatcher;
};

TEST(Dispatcher, leaves_the_thread_to_others_after_some_messages_in_a_row) {
  TestComponent worker;
  Rig rig(worker);
  rig.left = 1'000;

  rig.deliver_all();

  EXPECT_EQ(worker.received.size(), 16u);
  EXPECT_EQ(rig.dispatcher.room(), 0u);
  rig.pass(std::chrono::milliseconds(0));
  EXPECT_GT(worker.received.size(), 16u);
}

TEST(Dispatcher, asks_a_full_component_again_after_pauses_that_grow) {
  bool full = true;
  TestComponent worker([&](const Received&) {
    return full ? TestComponent::failure(Errc::unavailable) : TestComponent::ok();
  });
  Rig rig(worker);
  rig.left = 1;

  rig.deliver_all();
  rig.pass(std::chrono::milliseconds(19));
  EXPECT_EQ(worker.received.size(), 1u);
  rig.pass(std::chrono::milliseconds(1));
  EXPECT_EQ(worker.received.size(), 2u);
  rig.pass(std::chrono::milliseconds(39));
  EXPECT_EQ(worker.received.size(), 2u);
  full = false;
  rig.pass(std::chrono::milliseconds(1));

  EXPECT_EQ(rig.endings, (std::vector{Ending::not_taken, Ending::not_taken, Ending::handled}));
}

TEST(Dispatcher, takes_an_error_of_what_the_handler_called_for_a_delivery_that_failed) {
  TestComponent worker([](const Received&) { return TestComponent::failure(Errc::unavailable); });
  worker.begins = true;
  Rig rig(worker);
  rig.left = 1;

  rig.deliver_all();

  EXPECT_EQ(rig.endings, std::vector{Ending::failed});
}

TEST(Dispatcher, gives_each_call_the_time_that_the_link_says) {
  TestComponent worker;
  Rig rig(worker, {{"timeout_ms", "250"}});
  rig.left = 1;

  rig.deliver_all();

  EXPECT_EQ(worker.received.at(0).context.deadline,
            rig.clock.now() + std::chrono::milliseconds(250));
}

TEST(Dispatcher, tells_what_was_not_handled_by_so_many_lines_a_second) {
  TestComponent worker([](const Received&) { return TestComponent::refusal("sold out"); });
  Rig rig(worker);
  rig.left = 100;
  rig.deliver_all();
  for (int i = 0; i < 10; ++i) rig.pass(std::chrono::milliseconds(0));
  const auto lines = [&] { return std::ranges::count(rig.logged, '\n'); };
  ASSERT_EQ(rig.endings.size(), 100u);

  EXPECT_EQ(lines(), 10);
  for (const auto* word : {"broker", "worker", "default", "refused", "sold out"})
    EXPECT_TRUE(rig.logged.contains(word)) << word;
  rig.left = 1;
  rig.pass(std::chrono::seconds(1));
  rig.deliver_all();
  EXPECT_EQ(lines(), 12);
  EXPECT_TRUE(rig.logged.contains("messages=90")) << rig.logged;
}

TEST(SubscriptionSettings, divide_what_may_be_in_flight_between_threads) {
  const auto places = [](Settings settings, std::size_t thread, std::uint64_t calls) {
    auto link = link_to_worker(std::move(settings), calls);
    link.settings.emplace("subscriptions", "a");
    link.thread = thread;
    link.threads = 4;
    return SubscriptionSettings::read(link).value().at_once;
  };

  EXPECT_EQ(places({{"max_in_flight", "6"}}, 0, 16), 2u);
  EXPECT_EQ(places({{"max_in_flight", "6"}}, 3, 16), 1u);
  EXPECT_EQ(places({{"max_in_flight", "1"}}, 1, 16), 0u);
  EXPECT_EQ(places({}, 3, 16), 4u);
  EXPECT_EQ(places({}, 3, 2), 1u);
  EXPECT_EQ(places({}, 3, 0), 64u);
}

TEST(Redelivery, doubles_its_pauses_until_the_longest) {
  Redelivery redelivery{.most = 6,
                        .first_pause = std::chrono::milliseconds(100),
                        .longest_pause = std::chrono::milliseconds(500),
                        .dead_letters = {}};
  std::vector<std::optional<std::chrono::milliseconds>> pauses;
  for (std::uint32_t i = 1; i <= 6; ++i) pauses.push_back(redelivery.pause_after(i));

  using Pause = std::optional<std::chrono::milliseconds>;
  EXPECT_EQ(pauses,
            (std::vector<Pause>{Pause(100), Pause(200), Pause(400), Pause(500), Pause(500), {}}));
}

}  // namespace
}  // namespace weft::contracts::messaging
