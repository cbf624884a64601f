// What every messaging provider must do, written once; what only some can do as their rows in
// contracts/messaging/capabilities.h say. One file of a provider's test includes this and gives a
// way to make it:
//
//   INSTANTIATE_TEST_SUITE_P(MyProduct, MessagingSuite, testing::Values(&make_my_provider));
//
// The rest of it: tests/contracts/messaging_suite_life.h.
#pragma once
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "tests/contracts/messaging_provider.h"

namespace weft::tests {

class MessagingSuite : public testing::TestWithParam<std::unique_ptr<MessagingProvider> (*)()> {
 protected:
  std::expected<void, ms::BrokerError> publish(std::string_view subject, std::string_view text,
                                               std::optional<std::string_view> reply_to = {}) {
    return MessagingCall(user(), {}, "publish", ms::Message{subject, body(text), reply_to})
        .result<void>();
  }
  void send(std::string_view subject, std::string_view text = "x") {
    const auto sent = publish(subject, text);
    EXPECT_TRUE(sent) << tests::text(sent.error());
  }
  bool comes_to(const TestComponent& component, std::size_t messages) {
    return user().run_until([&] { return component.received.size() >= messages; });
  }
  // Long enough for what should not come.
  void wait_a_little() { user().run_for(std::chrono::milliseconds(60)); }
  std::vector<std::string> bodies(const TestComponent& component) {
    std::vector<std::string> all;
    for (const auto& one : component.received) all.push_back(one.body);
    return all;
  }
  MessagingUser& user() { return *provider->user; }
  const ms::Capabilities& can() const { return provider->capabilities; }
  bool delivers_again() const { return can().delivery == ms::Delivery::at_least_once; }
  // What comes again, comes soon.
  static contracts::Settings again(std::string subscriptions, std::string deliveries = "5") {
    return {{"subscriptions", std::move(subscriptions)},
            {"max_deliveries", std::move(deliveries)},
            {"backoff_ms", "10"},
            {"max_backoff_ms", "20"}};
  }

  std::unique_ptr<MessagingProvider> provider = GetParam()();
};

// ---- one message ----

TEST_P(MessagingSuite, delivers_a_message_as_a_call_of_its_own) {
  TestComponent worker;
  user().subscribe({{"subscriptions", "orders.new"}}, worker);

  EXPECT_TRUE(publish("orders.new", "one", "answers.here"));
  send("orders.new", "two");
  send("orders.old", "three");

  ASSERT_TRUE(comes_to(worker, 2));
  wait_a_little();
  ASSERT_EQ(worker.received.size(), 2u);
  const auto& first = worker.received[0];
  const auto& second = worker.received[1];
  EXPECT_EQ(first.subject, "orders.new");
  EXPECT_EQ(std::set({first.body, second.body}), (std::set<std::string>{"one", "two"}));
  EXPECT_EQ((first.body == "one" ? first : second).reply_to, "answers.here");
  EXPECT_EQ((first.body == "one" ? second : first).reply_to, std::nullopt);
  EXPECT_EQ(first.source, "broker");
  EXPECT_EQ(first.link, "default");
  EXPECT_EQ(first.contract, "wasmcloud:messaging/handler@0.2.0");
  EXPECT_EQ(first.function, "handle-message");
  EXPECT_NE(first.context.request, second.context.request);
  EXPECT_NE(first.context.trace, second.context.trace);
  EXPECT_LT(first.context.deadline, MonotonicTime::max());
}

TEST_P(MessagingSuite, keeps_every_byte_and_takes_the_largest) {
  TestComponent worker;
  user().subscribe({{"subscriptions", ">"}}, worker);
  const std::vector<std::string> all = {"", std::string("\0\xff\n\0", 4),
                                        std::string(ms::k_body_bytes, 'x')};
  for (const auto& one : all) send("a", one);

  ASSERT_TRUE(comes_to(worker, all.size()));
  auto seen = bodies(worker);
  std::ranges::sort(seen, {}, &std::string::size);
  EXPECT_EQ(seen, all);
}

TEST_P(MessagingSuite, takes_subjects_in_any_script_and_long_ones) {
  TestComponent worker;
  user().subscribe({{"subscriptions", ">"}}, worker);
  std::string longest = "long";
  while (longest.size() + 10 <= ms::k_subject_bytes) longest += ".123456789";
  const std::vector<std::string> all = {"a", "\u4e16\u754c.\u00e9", "a*b.c>d", "A.a", longest};
  for (const auto& one : all) send(one);

  ASSERT_TRUE(comes_to(worker, all.size()));
  std::set<std::string> seen;
  for (const auto& one : worker.received) seen.insert(one.subject);
  EXPECT_EQ(seen, std::set<std::string>(all.begin(), all.end()));
}

TEST_P(MessagingSuite, refuses_what_is_no_subject_or_too_large_and_says_why) {
  const std::vector<std::pair<std::string, std::string>> wrong = {
      {"", "a message needs a subject"},
      {"a..b", "'a..b' is no subject: it has an empty token"},
      {".a", "'.a' is no subject: it has an empty token"},
      {"a.", "'a.' is no subject: it has an empty token"},
      {"a b", "'a b' is no subject: it has a space or control character"},
      {"a.*", "'a.*' is no subject: a message goes to one subject, without wildcards"},
      {">", "'>' is no subject: a message goes to one subject, without wildcards"},
      {std::string(ms::k_subject_bytes + 1, 'a'),
       "the subject has 1025 bytes, at most 1024 are allowed"}};
  for (const auto& [subject, why] : wrong) {
    const auto sent = publish(subject, "x");
    ASSERT_FALSE(sent) << subject;
    EXPECT_EQ(text(sent.error()), why);
  }
  const auto large = publish("a", std::string(ms::k_body_bytes + 1, 'x'));
  ASSERT_FALSE(large);
  EXPECT_EQ(text(large.error()), "the message has 1048577 bytes, at most 1048576 are allowed");
  const auto reply = publish("a", "x", "b.*");
  ASSERT_FALSE(reply);
  EXPECT_TRUE(text(reply.error()).starts_with("reply-to: ")) << text(reply.error());
}

TEST_P(MessagingSuite, takes_and_drops_what_nobody_subscribes_to) {
  send("nobody.here");
  TestComponent worker;
  user().subscribe({{"subscriptions", "nobody.here"}}, worker);

  wait_a_little();

  EXPECT_EQ(worker.received.size(), 0u);
}

TEST_P(MessagingSuite, refuses_settings_that_mean_nothing_and_names_the_key) {
  TestComponent worker;
  boost::asio::io_context here;
  const std::vector<std::pair<contracts::Settings, std::string>> wrong = {
      {{}, "subscriptions"},
      {{{"subscriptions", "a,,b"}}, "subscriptions"},
      {{{"subscriptions", "a.>.b"}}, "subscriptions"},
      {{{"subscriptions", "a|"}}, "subscriptions"},
      {{{"subscriptions", "a"}, {"max_in_flight", "0"}}, "max_in_flight"},
      {{{"subscriptions", "a"}, {"timeout_ms", "1s"}}, "timeout_ms"}};
  for (const auto& [settings, key] : wrong) {
    const auto made = provider->provider->subscribe(here.get_executor(),
                                                    user().link(settings, "default"), worker);
    ASSERT_FALSE(made);
    EXPECT_EQ(made.error().code, Errc::invalid);
    EXPECT_TRUE(made.error().message.contains(key)) << made.error().message;
  }
}

// ---- to whom ----

TEST_P(MessagingSuite, follows_wildcards) {
  const std::vector<std::string> patterns = {"a.b", "a.*", "*.b", "a.>", ">", "*", "a.*.c"};
  const std::vector<std::string> subjects = {"a", "a.b", "a.c", "x.b", "a.b.c", "a.b.c.d"};
  std::vector<TestComponent> workers(patterns.size());
  for (std::size_t i = 0; i < patterns.size(); ++i)
    user().subscribe({{"subscriptions", patterns[i]}}, workers[i], "link" + std::to_string(i));
  for (const auto& subject : subjects) send(subject);
  const std::map<std::string, std::set<std::string>> expected = {
      {"a.b", {"a.b"}},
      {"a.*", {"a.b", "a.c"}},
      {"*.b", {"a.b", "x.b"}},
      {"a.>", {"a.b", "a.c", "a.b.c", "a.b.c.d"}},
      {">", {"a", "a.b", "a.c", "x.b", "a.b.c", "a.b.c.d"}},
      {"*", {"a"}},
      {"a.*.c", {"a.b.c"}}};

  for (std::size_t i = 0; i < patterns.size(); ++i)
    EXPECT_TRUE(comes_to(workers[i], expected.at(patterns[i]).size())) << patterns[i];
  wait_a_little();
  for (std::size_t i = 0; i < patterns.size(); ++i) {
    std::set<std::string> seen;
    for (const auto& one : workers[i].received) seen.insert(one.subject);
    EXPECT_EQ(seen, expected.at(patterns[i])) << patterns[i];
    EXPECT_EQ(workers[i].received.size(), seen.size()) << patterns[i];
  }
}

TEST_P(MessagingSuite, hears_several_subjects_through_one_link) {
  TestComponent worker;
  user().subscribe({{"subscriptions", " a.one , b.two"}}, worker);

  send("a.one");
  send("b.two");
  send("c.three");

  ASSERT_TRUE(comes_to(worker, 2));
  wait_a_little();
  EXPECT_EQ(worker.received.size(), 2u);
}

TEST_P(MessagingSuite, gives_every_link_a_message_and_of_a_queue_only_one) {
  ASSERT_EQ(can().queue_groups, ms::Support::yes);
  TestComponent audit, first, second;
  user().subscribe({{"subscriptions", "jobs.*"}}, audit, "audit");
  user().subscribe({{"subscriptions", "jobs.*|workers"}}, first, "first");
  user().subscribe({{"subscriptions", "jobs.a|workers"}}, second, "second");

  for (int i = 0; i < 40; ++i) send("jobs.a", std::to_string(i));

  ASSERT_TRUE(comes_to(audit, 40));
  ASSERT_TRUE(
      user().run_until([&] { return first.received.size() + second.received.size() >= 40; }));
  wait_a_little();
  EXPECT_EQ(audit.received.size(), 40u);
  auto both = bodies(first);
  for (const auto& one : bodies(second)) both.push_back(one);
  EXPECT_EQ(both.size(), 40u);
  EXPECT_EQ(std::set<std::string>(both.begin(), both.end()).size(), 40u);
  EXPECT_GT(first.received.size(), 0u);
  EXPECT_GT(second.received.size(), 0u);
}

// ---- how many, in which order ----

TEST_P(MessagingSuite, handles_no_more_at_once_than_the_link_allows_and_the_rest_waits) {
  TestComponent worker([](const Received&) { return std::nullopt; });
  auto& subscription = user().subscribe({{"subscriptions", "a"}, {"max_in_flight", "3"}}, worker);
  for (int i = 0; i < 10; ++i) send("a", std::to_string(i));

  ASSERT_TRUE(comes_to(worker, 3));
  wait_a_little();
  EXPECT_EQ(worker.open(), 3u);
  EXPECT_EQ(subscription.in_flight(), 3u);
  while (worker.received.size() < 10 || worker.open() > 0) {
    ASSERT_TRUE(user().run_until([&] { return worker.open() > 0; }));
    worker.answer(TestComponent::ok());
  }

  EXPECT_EQ(worker.most_open, 3u);
  EXPECT_TRUE(user().run_until([&] { return subscription.in_flight() == 0; }));
}

TEST_P(MessagingSuite, keeps_the_order_of_one_publisher_when_one_is_handled_at_a_time) {
  if (can().ordering == ms::Ordering::none) return;
  TestComponent worker;
  user().subscribe({{"subscriptions", "a"}, {"max_in_flight", "1"}}, worker);
  std::vector<std::unique_ptr<MessagingCall>> calls;
  std::vector<std::string> sent;
  for (int i = 0; i < 200; ++i) sent.push_back(std::to_string(i));
  for (const auto& one : sent)
    calls.push_back(std::make_unique<MessagingCall>(user(), contracts::Context{}, "publish",
                                                    ms::Message{"a", body(one), {}}));

  ASSERT_TRUE(comes_to(worker, 200));

  EXPECT_EQ(bodies(worker), sent);
  for (auto& call : calls) EXPECT_TRUE(call->result<void>());
}

TEST_P(MessagingSuite, takes_many_from_many_threads_and_gives_each_once) {
  constexpr int k_threads = 4, k_each = 250;
  TestComponent worker;
  user().subscribe({{"subscriptions", "many.>"}}, worker);
  std::vector<std::thread> threads;
  for (int t = 0; t < k_threads; ++t) {
    threads.emplace_back([this, t] {
      const auto own = provider->another_user();
      for (int i = 0; i < k_each; ++i) {
        const auto text = std::to_string(t) + "-" + std::to_string(i);
        const ms::Message message{"many.t", body(text), {}};
        EXPECT_TRUE(MessagingCall(*own, {}, "publish", message).result<void>());
      }
    });
  }

  EXPECT_TRUE(comes_to(worker, std::size_t{k_threads} * k_each));
  for (auto& thread : threads) thread.join();
  wait_a_little();
  const auto all = bodies(worker);
  EXPECT_EQ(all.size(), std::size_t{k_threads} * k_each);
  EXPECT_EQ(std::set<std::string>(all.begin(), all.end()).size(), all.size());
}

GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(MessagingSuite);

}  // namespace weft::tests
