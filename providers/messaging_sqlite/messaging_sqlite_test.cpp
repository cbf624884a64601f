#include "providers/messaging_sqlite/messaging_sqlite.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <sstream>

#include "tests/contracts/messaging_suite_life.h"

namespace weft::tests {

using providers::messaging_sqlite::kind;

INSTANTIATE_TEST_SUITE_P(Sqlite, MessagingSuite,
                         testing::Values([]() -> std::unique_ptr<MessagingProvider> {
                           return std::make_unique<MessagingProvider>(kind(), ms::k_sqlite);
                         }));

namespace {

std::string sent(MessagingUser& user, std::string_view subject, std::string_view content) {
  const auto result =
      MessagingCall(user, {}, "publish", ms::Message{subject, body(content), {}}).result<void>();
  return result ? "taken" : text(result.error());
}

contracts::Settings one_at_a_time(std::string subscriptions) {
  return {{"subscriptions", std::move(subscriptions)}, {"max_in_flight", "1"}};
}

TEST(MessagingSqlite, keeps_what_waits_and_what_was_under_way_over_a_restart) {
  MessagingProvider provider(kind(), ms::k_sqlite);
  {
    TestComponent busy([](const Received&) { return std::nullopt; });
    provider.user->subscribe(one_at_a_time("a"), busy);
    for (int i = 0; i < 5; ++i) EXPECT_EQ(sent(*provider.user, "a", std::to_string(i)), "taken");
    ASSERT_TRUE(provider.user->run_until([&] { return busy.open() == 1; }));
    provider.user.reset();
  }
  provider.end();

  provider.start();
  provider.user = provider.another_user();
  TestComponent worker;
  provider.user->subscribe(one_at_a_time("another.subject"), worker);

  ASSERT_TRUE(provider.user->run_until([&] { return worker.received.size() == 5; }));
  for (std::size_t i = 0; i < 5; ++i) EXPECT_EQ(worker.received[i].body, std::to_string(i));
}

TEST(MessagingSqlite, does_not_deliver_again_after_a_restart_what_was_handled) {
  MessagingProvider provider(kind(), ms::k_sqlite);
  {
    TestComponent worker;
    auto& subscription = provider.user->subscribe({{"subscriptions", "a"}}, worker);
    for (int i = 0; i < 20; ++i) EXPECT_EQ(sent(*provider.user, "a", "x"), "taken");
    ASSERT_TRUE(provider.user->run_until(
        [&] { return worker.received.size() == 20 && subscription.in_flight() == 0; }));
    provider.user.reset();
  }
  provider.end();

  provider.start();
  provider.user = provider.another_user();
  TestComponent worker;
  provider.user->subscribe({{"subscriptions", "a"}}, worker);
  provider.user->run_for(std::chrono::milliseconds(50));

  EXPECT_EQ(worker.received.size(), 0u);
}

TEST(MessagingSqlite, counts_deliveries_over_a_restart) {
  MessagingProvider provider(kind(), ms::k_sqlite);
  const contracts::Settings settings = {{"subscriptions", "a"},
                                        {"max_deliveries", "3"},
                                        {"backoff_ms", "1"},
                                        {"max_backoff_ms", "1"}};
  {
    int times = 0;
    TestComponent worker([&](const Received&) {
      return ++times <= 2 ? TestComponent::refusal("no") : TestComponent::Answer();
    });
    provider.user->subscribe(settings, worker);
    EXPECT_EQ(sent(*provider.user, "a", "x"), "taken");
    ASSERT_TRUE(provider.user->run_until([&] { return worker.open() == 1; }));
    provider.user.reset();
  }
  provider.end();

  provider.start();
  provider.user = provider.another_user();
  TestComponent worker([&](const Received&) { return TestComponent::refusal("no"); });
  provider.user->subscribe(settings, worker);
  ASSERT_TRUE(provider.user->run_until([&] { return worker.received.size() == 1; }));
  provider.user->run_for(std::chrono::milliseconds(50));

  EXPECT_EQ(worker.received.size(), 1u);
  EXPECT_TRUE(provider.logged().contains("a message is given up")) << provider.logged();
}

TEST(MessagingSqlite, keeps_messages_of_a_link_that_was_removed_until_it_comes_back) {
  MessagingProvider provider(kind(), ms::k_sqlite);
  auto& user = *provider.user;
  TestComponent busy([](const Received&) { return std::nullopt; });
  auto subscription = user.open(one_at_a_time("a"), busy);
  for (int i = 0; i < 3; ++i) EXPECT_EQ(sent(user, "a", std::to_string(i)), "taken");
  ASSERT_TRUE(user.run_until([&] { return busy.open() == 1; }));
  subscription->stop();
  EXPECT_EQ(sent(user, "a", "to nobody"), "taken");
  subscription.reset();

  TestComponent worker;
  user.subscribe(one_at_a_time("a"), worker);

  ASSERT_TRUE(user.run_until([&] { return worker.received.size() == 3; }));
  user.run_for(std::chrono::milliseconds(30));
  EXPECT_EQ(worker.received.size(), 3u);
}

TEST(MessagingSqlite, takes_no_more_than_may_wait) {
  MessagingProvider provider(kind(), ms::k_sqlite, {{"max_waiting", "2"}});
  auto& user = *provider.user;
  TestComponent busy([](const Received&) { return std::nullopt; });
  user.subscribe(one_at_a_time("a"), busy);
  EXPECT_EQ(sent(user, "a", "1"), "taken");
  ASSERT_TRUE(user.run_until([&] { return busy.open() == 1; }));
  EXPECT_EQ(sent(user, "a", "2"), "taken");
  EXPECT_EQ(sent(user, "a", "3"), "taken");

  EXPECT_EQ(sent(user, "a", "4"),
            "2 messages wait for the link broker default, more are not taken");
}

// ---- kill -9 ----

// Publishes numbers and writes each to `descriptor` once it is answered.
[[noreturn]] void publish_until_killed(const std::filesystem::path& folder, int descriptor,
                                       int first) {
  const SystemClock clock;
  SystemRandom random;
  Log log({}, clock, [](std::string_view) {});
  const auto provider = kind()
                            .start({.id = ComponentId("suite"),
                                    .state = folder,
                                    .config = {},
                                    .clock = clock,
                                    .random = random,
                                    .log = log})
                            .value();
  MessagingUser user(*provider, {});
  TestComponent busy([](const Received&) { return std::nullopt; });
  user.subscribe({{"subscriptions", "a"}}, busy);
  for (int next = first;; next += 8) {
    std::vector<std::string> texts;
    for (int i = 0; i < 8; ++i) texts.push_back(std::to_string(next + i));
    std::vector<std::unique_ptr<MessagingCall>> calls;
    for (const auto& one : texts)
      calls.push_back(std::make_unique<MessagingCall>(user, contracts::Context{}, "publish",
                                                      ms::Message{"a", body(one), {}}));
    for (std::size_t i = 0; i < calls.size(); ++i) {
      if (!calls[i]->result<void>()) ::_exit(2);
      const auto line = texts[i] + "\n";
      if (::write(descriptor, line.data(), line.size()) < 0) ::_exit(3);
    }
  }
}

TEST(MessagingSqlite, loses_no_message_that_was_acknowledged_when_the_process_is_killed) {
  std::string name = (std::filesystem::temp_directory_path() / "weft-kill-XXXXXX").string();
  ASSERT_NE(::mkdtemp(name.data()), nullptr);
  const std::filesystem::path folder = name;
  std::set<std::string> acknowledged;
  for (int round = 0; round < 4; ++round) {
    int pipes[2];
    ASSERT_EQ(::pipe2(pipes, O_CLOEXEC), 0);
    const pid_t child = ::fork();
    if (child == 0) publish_until_killed(folder, pipes[1], round * 1'000'000);
    ::close(pipes[1]);
    std::string lines;
    char buffer[256];
    while (std::ranges::count(lines, '\n') < 60 + round * 13) {
      const auto got = ::read(pipes[0], buffer, sizeof buffer);
      ASSERT_GT(got, 0);
      lines.append(buffer, static_cast<std::size_t>(got));
    }
    ASSERT_EQ(::kill(child, SIGKILL), 0);
    for (ssize_t got = 0; (got = ::read(pipes[0], buffer, sizeof buffer)) > 0;)
      lines.append(buffer, static_cast<std::size_t>(got));
    ::close(pipes[0]);
    ASSERT_EQ(::waitpid(child, nullptr, 0), child);
    std::istringstream in(lines);
    for (std::string line; std::getline(in, line) && !in.eof();) acknowledged.insert(line);
  }
  const SystemClock clock;
  SystemRandom random;
  Log log({}, clock, [](std::string_view) {});
  const auto provider = kind()
                            .start({.id = ComponentId("suite"),
                                    .state = folder,
                                    .config = {},
                                    .clock = clock,
                                    .random = random,
                                    .log = log})
                            .value();
  std::set<std::string> seen;
  {
    MessagingUser user(*provider, {});
    TestComponent worker([&](const Received& one) {
      seen.insert(one.body);
      return TestComponent::ok();
    });
    auto& subscription = user.subscribe({{"subscriptions", "a"}}, worker);
    EXPECT_TRUE(user.run_until([&] {
      return subscription.in_flight() == 0 && std::ranges::includes(seen, acknowledged);
    }));
  }
  provider->close();

  EXPECT_GE(acknowledged.size(), 4u * 60u);
  for (const auto& one : acknowledged) EXPECT_TRUE(seen.contains(one)) << one;
  EXPECT_LE(seen.size(), acknowledged.size() + 4u * 8u);
  std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace weft::tests
