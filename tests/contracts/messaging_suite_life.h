// The second half of the messaging suite: requests, what fails and comes again, and how
// subscriptions end.
#pragma once
#include <chrono>

#include "tests/contracts/messaging_suite.h"

namespace weft::tests {

// ---- requests ----

TEST_P(MessagingSuite, brings_the_answer_to_who_asked) {
  ASSERT_EQ(can().request, ms::Support::yes);
  std::vector<std::unique_ptr<MessagingCall>> answers;
  TestComponent worker([&](const Received& question) {
    EXPECT_TRUE(question.reply_to);
    answers.push_back(std::make_unique<MessagingCall>(
        user(), contracts::Context{}, "publish",
        ms::Message{*question.reply_to, body("to " + question.body), {}}));
    return TestComponent::ok();
  });
  user().subscribe({{"subscriptions", "ask.*"}}, worker);
  std::vector<std::unique_ptr<MessagingCall>> questions;
  for (int i = 0; i < 50; ++i)
    questions.push_back(std::make_unique<MessagingCall>(
        user(), contracts::Context{}, "request", std::string_view("ask.me"),
        body(std::to_string(i)), std::uint32_t{10'000}));

  for (int i = 0; i < 50; ++i) {
    const auto answer = questions[static_cast<std::size_t>(i)]->result<ms::Message>();
    ASSERT_TRUE(answer) << text(answer.error());
    EXPECT_EQ(std::string(reinterpret_cast<const char*>(answer->body.data()), answer->body.size()),
              "to " + std::to_string(i));
  }
}

TEST_P(MessagingSuite, says_subject_and_time_when_no_answer_comes) {
  TestComponent silent;
  user().subscribe({{"subscriptions", "ask.me"}}, silent);

  MessagingCall call(user(), {}, "request", std::string_view("ask.me"), body("?"),
                     std::uint32_t{30});

  const auto& reply = call.wait();
  ASSERT_FALSE(reply);
  EXPECT_EQ(reply.error().code, Errc::timed_out);
  EXPECT_EQ(reply.error().message, "nobody answered the request to 'ask.me' within 30 ms");
}

TEST_P(MessagingSuite, says_at_once_that_nobody_is_there_to_answer) {
  MessagingCall call(user(), {}, "request", std::string_view("ask.nobody"), body("?"),
                     std::uint32_t{60'000});

  const auto answer = call.result<ms::Message>();

  ASSERT_FALSE(answer);
  ASSERT_TRUE(std::holds_alternative<ms::Nobody>(answer.error())) << text(answer.error());
  EXPECT_EQ(text(answer.error()), "nobody subscribes to 'ask.nobody'");
}

TEST_P(MessagingSuite, waits_for_an_answer_no_longer_than_the_deadline_of_the_call) {
  TestComponent silent;
  user().subscribe({{"subscriptions", "ask.me"}}, silent);
  contracts::Context context;
  context.deadline = std::chrono::steady_clock::now() + std::chrono::milliseconds(30);

  MessagingCall call(user(), context, "request", std::string_view("ask.me"), body("?"),
                     std::uint32_t{600'000});

  ASSERT_FALSE(call.wait());
  EXPECT_EQ(call.wait().error().code, Errc::timed_out);
}

TEST_P(MessagingSuite, forgets_a_request_whose_caller_went_away_and_a_late_answer) {
  std::string reply_to;
  TestComponent worker([&](const Received& question) {
    reply_to = *question.reply_to;
    return TestComponent::ok();
  });
  user().subscribe({{"subscriptions", "ask.me"}}, worker);
  MessagingCall call(user(), {}, "request", std::string_view("ask.me"), body("?"),
                     std::uint32_t{60'000});
  ASSERT_TRUE(comes_to(worker, 1));

  call.cancel();
  send(reply_to, "too late");
  wait_a_little();

  EXPECT_FALSE(call.over());
  EXPECT_EQ(user().endpoint().in_flight(), 0u);
}

TEST_P(MessagingSuite, ends_requests_when_the_endpoint_goes_away) {
  TestComponent silent;
  user().subscribe({{"subscriptions", "ask.me"}}, silent);
  MessagingCall call(user(), {}, "request", std::string_view("ask.me"), body("?"),
                     std::uint32_t{60'000});
  ASSERT_TRUE(comes_to(silent, 1));

  user().close_endpoint();

  ASSERT_TRUE(call.over());
  EXPECT_EQ(call.wait().error().code, Errc::unavailable);
}

TEST_P(MessagingSuite, does_not_send_what_is_too_late_already) {
  TestComponent worker;
  user().subscribe({{"subscriptions", "a"}}, worker);
  contracts::Context context;
  context.deadline = std::chrono::steady_clock::now() - std::chrono::milliseconds(1);

  MessagingCall call(user(), context, "publish", ms::Message{"a", body("x"), {}});

  ASSERT_FALSE(call.wait());
  EXPECT_EQ(call.wait().error().code, Errc::timed_out);
  wait_a_little();
  EXPECT_EQ(worker.received.size(), 0u);
}

// ---- what is not handled ----

TEST_P(MessagingSuite, delivers_again_what_was_not_handled_or_does_not_as_its_row_says) {
  for (const auto& answer :
       {TestComponent::refusal("not today"), TestComponent::failure(Errc::trapped),
        TestComponent::failure(Errc::exhausted), TestComponent::failure(Errc::timed_out)}) {
    int times = 0;
    TestComponent worker(
        [&](const Received&) { return ++times < 3 ? answer : TestComponent::ok(); });
    const auto subscription = user().open(again("a"), worker);

    send("a", "again");

    ASSERT_TRUE(comes_to(worker, delivers_again() ? 3 : 1));
    wait_a_little();
    EXPECT_EQ(worker.received.size(), delivers_again() ? 3u : 1u);
    EXPECT_EQ(worker.received.back().body, "again");
  }
  EXPECT_TRUE(provider->logged().contains("a message was not handled"));
  EXPECT_TRUE(provider->logged().contains("not today")) << provider->logged();
}

TEST_P(MessagingSuite, lets_a_message_wait_while_the_component_is_full_and_counts_no_delivery) {
  bool full = true;
  TestComponent worker([&](const Received&) {
    return full ? TestComponent::failure(Errc::unavailable) : TestComponent::ok();
  });
  user().subscribe(again("a", "1"), worker);
  send("a", "patient");
  ASSERT_TRUE(comes_to(worker, 2));

  full = false;
  const auto so_far = worker.received.size();

  ASSERT_TRUE(comes_to(worker, so_far + 1));
  wait_a_little();
  EXPECT_EQ(worker.received.size(), so_far + 1);
  EXPECT_EQ(worker.received.back().body, "patient");
}

TEST_P(MessagingSuite, gives_up_after_the_last_delivery_and_keeps_a_dead_letter) {
  if (can().dead_letters == ms::Support::no) return;
  TestComponent worker([](const Received&) { return TestComponent::refusal("never"); });
  TestComponent undertaker;
  auto settings = again("a.*", "3");
  settings["dead_letters"] = "dead.a";
  user().subscribe(settings, worker);
  user().subscribe({{"subscriptions", "dead.*"}}, undertaker, "dead");

  EXPECT_TRUE(publish("a.b", "poor thing", "answer.to"));

  ASSERT_TRUE(comes_to(undertaker, 1));
  wait_a_little();
  EXPECT_EQ(worker.received.size(), 3u);
  ASSERT_EQ(undertaker.received.size(), 1u);
  EXPECT_EQ(undertaker.received[0].subject, "dead.a");
  EXPECT_EQ(undertaker.received[0].body, "poor thing");
}

TEST_P(MessagingSuite, goes_on_with_others_while_one_message_waits_for_its_next_delivery) {
  if (!delivers_again()) return;
  TestComponent worker([](const Received& one) {
    return one.body == "bad" ? TestComponent::refusal("bad") : TestComponent::ok();
  });
  auto settings = again("a");
  settings["backoff_ms"] = settings["max_backoff_ms"] = "60000";
  settings["max_in_flight"] = "1";
  user().subscribe(settings, worker);

  send("a", "bad");
  for (int i = 0; i < 20; ++i) send("a", "good");

  ASSERT_TRUE(comes_to(worker, 21));
}

// ---- how subscriptions end ----

TEST_P(MessagingSuite, takes_nothing_before_it_starts_and_nothing_after_it_stops) {
  TestComponent worker([](const Received&) { return std::nullopt; });
  const auto subscription = user().prepare({{"subscriptions", "a"}}, worker);
  send("a", "early");
  wait_a_little();
  subscription->start();
  ASSERT_TRUE(user().run_until([&] { return subscription->is_taking(); }));
  send("a", "one");
  ASSERT_TRUE(comes_to(worker, 1));

  subscription->stop();
  send("a", "late");
  wait_a_little();

  EXPECT_EQ(bodies(worker), std::vector<std::string>{"one"});
  EXPECT_EQ(subscription->in_flight(), 1u);
  worker.answer(TestComponent::ok());
  EXPECT_TRUE(user().run_until([&] { return subscription->in_flight() == 0; }));
}

TEST_P(MessagingSuite, cancels_calls_under_way_when_a_subscription_is_destroyed) {
  TestComponent worker([](const Received&) { return std::nullopt; });
  auto subscription = user().open({{"subscriptions", "a"}}, worker);
  send("a");
  ASSERT_TRUE(comes_to(worker, 1));

  subscription.reset();
  wait_a_little();

  EXPECT_EQ(worker.cancelled, 1u);
  EXPECT_EQ(worker.open(), 0u);
}

TEST_P(MessagingSuite, loses_nothing_and_doubles_nothing_when_a_subscription_follows_another) {
  TestComponent worker;
  auto old = user().open({{"subscriptions", "a.*"}}, worker);
  int sent = 0;
  const auto send_some = [&] {
    for (int i = 0; i < 30; ++i) send("a.b", std::to_string(sent++));
  };
  for (int round = 0; round < 5; ++round) {
    send_some();
    auto next = user().open({{"subscriptions", "a.*"}, {"timeout_ms", "5000"}}, worker);
    send_some();
    old->stop();
    send_some();
    EXPECT_TRUE(user().run_until([&] { return old->in_flight() == 0; }));
    old = std::move(next);
  }

  ASSERT_TRUE(comes_to(worker, static_cast<std::size_t>(sent)));
  wait_a_little();
  const auto all = bodies(worker);
  EXPECT_EQ(all.size(), static_cast<std::size_t>(sent));
  EXPECT_EQ(std::set<std::string>(all.begin(), all.end()).size(), all.size());
}

TEST_P(MessagingSuite, answers_unavailable_once_it_is_closed) {
  provider->provider->close();

  MessagingCall call(user(), {}, "publish", ms::Message{"a", body("x"), {}});

  ASSERT_FALSE(call.wait());
  EXPECT_EQ(call.wait().error().code, Errc::unavailable);
}

}  // namespace weft::tests
