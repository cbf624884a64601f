#include "providers/messaging_memory/messaging_memory.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "tests/contracts/messaging_suite_life.h"

namespace weft::tests {

using providers::messaging_memory::kind;

INSTANTIATE_TEST_SUITE_P(Memory, MessagingSuite,
                         testing::Values([]() -> std::unique_ptr<MessagingProvider> {
                           return std::make_unique<MessagingProvider>(kind(), ms::k_memory);
                         }));

namespace {

std::string sent(MessagingUser& user, std::string_view subject, std::string_view content) {
  const auto result =
      MessagingCall(user, {}, "publish", ms::Message{subject, body(content), {}}).result<void>();
  if (result) return "taken";
  return std::string(std::holds_alternative<ms::Full>(result.error()) ? "full: " : "") +
         text(result.error());
}

TEST(MessagingMemory, gives_a_message_to_no_link_when_one_of_them_has_no_room) {
  MessagingProvider provider(kind(), ms::k_memory, {{"max_waiting", "3"}});
  auto& user = *provider.user;
  TestComponent slow([](const Received&) { return std::nullopt; });
  TestComponent quick;
  user.subscribe({{"subscriptions", "a"}, {"max_in_flight", "1"}}, slow, "slow");
  user.subscribe({{"subscriptions", "a"}}, quick, "quick");
  EXPECT_EQ(sent(user, "a", "handled"), "taken");
  ASSERT_TRUE(user.run_until([&] { return slow.open() == 1 && quick.received.size() == 1; }));
  for (std::size_t i = 0; i < 3; ++i) {
    EXPECT_EQ(sent(user, "a", "waits"), "taken");
    ASSERT_TRUE(user.run_until([&] { return quick.received.size() == i + 2; }));
  }

  EXPECT_EQ(sent(user, "a", "too much"),
            "full: 3 messages wait for the link broker slow, more are not taken");

  user.run_for(std::chrono::milliseconds(20));
  EXPECT_EQ(quick.received.size(), 4u);
  slow.answer(TestComponent::ok());
  ASSERT_TRUE(user.run_until([&] { return slow.open() == 1; }));
  EXPECT_EQ(sent(user, "a", "room again"), "taken");
}

TEST(MessagingMemory, holds_no_more_bytes_than_it_may) {
  MessagingProvider provider(kind(), ms::k_memory, {{"max_bytes", "100000"}});
  auto& user = *provider.user;
  TestComponent slow([](const Received&) { return std::nullopt; });
  user.subscribe({{"subscriptions", "a"}, {"max_in_flight", "1"}}, slow);
  const std::string large(60'000, 'x');
  EXPECT_EQ(sent(user, "a", large), "taken");
  ASSERT_TRUE(user.run_until([&] { return slow.open() == 1; }));

  EXPECT_EQ(sent(user, "a", large), "taken");
  EXPECT_TRUE(sent(user, "a", large).starts_with("full: messages of 60"));

  slow.answer(TestComponent::ok());
  ASSERT_TRUE(user.run_until([&] { return slow.open() == 1; }));
  EXPECT_EQ(sent(user, "a", large), "taken");
}

TEST(MessagingMemory, gives_a_link_a_message_once_however_many_of_its_subjects_match) {
  MessagingProvider provider(kind(), ms::k_memory);
  auto& user = *provider.user;
  TestComponent worker;
  user.subscribe({{"subscriptions", "a.*, a.b, a.>|queue"}}, worker);

  EXPECT_EQ(sent(user, "a.b", "x"), "taken");

  ASSERT_TRUE(user.run_until([&] { return worker.received.size() == 1; }));
  user.run_for(std::chrono::milliseconds(20));
  EXPECT_EQ(worker.received.size(), 1u);
}

TEST(MessagingMemory, says_how_many_messages_went_with_a_link_that_ended) {
  MessagingProvider provider(kind(), ms::k_memory);
  auto& user = *provider.user;
  TestComponent slow([](const Received&) { return std::nullopt; });
  auto& subscription = user.subscribe({{"subscriptions", "a"}, {"max_in_flight", "1"}}, slow);
  for (int i = 0; i < 5; ++i) EXPECT_EQ(sent(user, "a", "x"), "taken");
  ASSERT_TRUE(user.run_until([&] { return slow.open() == 1; }));

  subscription.stop();

  EXPECT_TRUE(provider.logged().contains("messages of a link that ended were dropped"));
  EXPECT_TRUE(provider.logged().contains("messages=4")) << provider.logged();
}

TEST(MessagingMemory, shares_the_messages_of_a_link_among_its_threads) {
  MessagingProvider provider(kind(), ms::k_memory);
  auto& user = *provider.user;
  std::atomic<int> there{0}, here{0};
  std::atomic<bool> ready{false}, over{false};
  std::thread other([&] {
    const auto own = provider.another_user();
    TestComponent worker([&](const Received&) {
      ++there;
      return TestComponent::ok();
    });
    own->subscribe({{"subscriptions", "a"}}, worker);
    ready = true;
    EXPECT_TRUE(own->run_until([&] { return over.load(); }));
  });
  // Full with one message: the others are for the other thread.
  TestComponent worker([&](const Received&) {
    ++here;
    return std::nullopt;
  });
  user.subscribe({{"subscriptions", "a"}, {"max_in_flight", "1"}}, worker);
  EXPECT_TRUE(user.run_until([&] { return ready.load(); }));

  for (int i = 0; i < 100; ++i) EXPECT_EQ(sent(user, "a", "x"), "taken");

  EXPECT_TRUE(user.run_until([&] { return there + here >= 100; }));
  over = true;
  other.join();
  EXPECT_LE(here, 1);
}

TEST(MessagingMemory, refuses_limits_that_are_no_numbers) {
  const SystemClock clock;
  SystemRandom random;
  Log log({}, clock, [](std::string_view) {});
  const auto provider = kind().start({.id = ComponentId("p"),
                                      .state = {},
                                      .config = {{"max_waiting", "many"}},
                                      .clock = clock,
                                      .random = random,
                                      .log = log});

  ASSERT_FALSE(provider);
  EXPECT_EQ(provider.error().message, "`max_waiting: many` is no whole number");
}

}  // namespace
}  // namespace weft::tests
