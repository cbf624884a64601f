#include "providers/messaging_nats/messaging_nats.h"

#include <gtest/gtest.h>

#include "tests/contracts/messaging_suite_life.h"
#include "tests/support/fault_proxy.h"
#include "tests/support/nats_server.h"

namespace weft::tests {

using providers::messaging_nats::kind;

INSTANTIATE_TEST_SUITE_P(Nats, MessagingSuite,
                         testing::Values([]() -> std::unique_ptr<MessagingProvider> {
                           auto server = std::make_shared<NatsServer>();
                           const contracts::Settings settings = {{"cluster_uris", server->url()}};
                           return std::make_unique<MessagingProvider>(kind(), ms::k_nats, settings,
                                                                      std::move(server));
                         }));

namespace {

using namespace std::chrono_literals;

std::string proxied(const FaultProxy& proxy) {
  return "nats://127.0.0.1:" + std::to_string(proxy.port());
}

std::unique_ptr<MessagingCall> begin(MessagingUser& user, std::string_view subject,
                                     std::string_view text,
                                     std::chrono::milliseconds within = 10s) {
  contracts::Context context;
  context.deadline = std::chrono::steady_clock::now() + within;
  return std::make_unique<MessagingCall>(user, context, "publish",
                                         ms::Message{subject, body(text), {}});
}

class MessagingNats : public testing::Test {
 protected:
  NatsServer server;
  FaultProxy proxy{server.port()};
  MessagingProvider provider{kind(), ms::k_nats, {{"cluster_uris", proxied(proxy)}}};
  MessagingUser& user = *provider.user;
};

TEST_F(MessagingNats, hears_what_other_clients_send_and_answers_them) {
  std::unique_ptr<MessagingCall> reply;
  TestComponent worker([&](const Received& one) {
    reply = begin(user, *one.reply_to, "to " + one.body);
    return TestComponent::ok();
  });
  user.subscribe({{"subscriptions", "ask.*"}}, worker);
  std::string answer;
  std::thread other([&] { answer = ask_nats(server.port(), "ask.me", "them"); });

  ASSERT_TRUE(user.run_until([&] { return !worker.received.empty(); }));
  EXPECT_TRUE(reply->result<void>());
  other.join();

  EXPECT_TRUE(answer.ends_with("to them")) << answer;
}

TEST_F(MessagingNats, carries_the_trace_to_others_and_goes_on_with_theirs) {
  TestComponent worker;
  user.subscribe({{"subscriptions", "a"}}, worker);
  contracts::Context context;
  SystemRandom random;
  context.trace = TraceContext::make(random);

  EXPECT_TRUE(
      MessagingCall(user, context, "publish", ms::Message{"a", body("x"), {}}).result<void>());

  ASSERT_TRUE(user.run_until([&] { return !worker.received.empty(); }));
  EXPECT_EQ(worker.received[0].context.trace.trace_text(), context.trace.trace_text());
  EXPECT_NE(worker.received[0].context.trace.span_text(), context.trace.span_text());
}

TEST_F(MessagingNats, hands_each_message_of_a_link_to_one_thread_and_of_every_host) {
  const MessagingProvider another_host{kind(), ms::k_nats, {{"cluster_uris", server.url()}}};
  TestComponent here, too, there;
  user.subscribe({{"subscriptions", "a"}}, here);
  const auto second = provider.another_user();
  second->subscribe({{"subscriptions", "a"}}, too);
  another_host.user->subscribe({{"subscriptions", "a"}}, there);

  for (int i = 0; i < 50; ++i) EXPECT_TRUE(begin(user, "a", "x")->result<void>());

  EXPECT_TRUE(user.run_until([&] {
    second->run_for(1ms);
    another_host.user->run_for(1ms);
    return here.received.size() + too.received.size() >= 50 && there.received.size() >= 50;
  }));
  EXPECT_EQ(here.received.size() + too.received.size(), 50u);
  EXPECT_GT(too.received.size(), 0u);
  EXPECT_EQ(there.received.size(), 50u);
}

TEST_F(MessagingNats, drops_what_is_too_much_for_a_slow_component_and_says_so) {
  TestComponent slow([](const Received&) { return std::nullopt; });
  auto& subscription = user.subscribe({{"subscriptions", "a"}, {"max_in_flight", "1"}}, slow);
  const std::string large(1'000'000, 'x');

  for (int i = 0; i < 80; ++i) EXPECT_TRUE(begin(user, "a", large)->result<void>());

  EXPECT_TRUE(user.run_until(
      [&] { return provider.logged().contains("too slow for its messages: some are dropped"); }));
  subscription.stop();
  EXPECT_TRUE(user.run_until([&] { return subscription.in_flight() < 75; }));
  EXPECT_GT(subscription.in_flight(), 60u);
}

TEST_F(MessagingNats, subscribes_again_after_the_way_was_cut) {
  TestComponent worker;
  user.subscribe({{"subscriptions", "a"}}, worker);
  proxy.cut(FaultProxy::Then::serve);
  user.run_for(20ms);

  EXPECT_TRUE(begin(user, "a", "after")->result<void>());

  ASSERT_TRUE(user.run_until([&] { return !worker.received.empty(); }));
  EXPECT_EQ(worker.received[0].body, "after");
}

TEST_F(MessagingNats, survives_a_server_that_is_killed_and_comes_back) {
  TestComponent worker;
  user.subscribe({{"subscriptions", "a"}}, worker);
  server.end();
  user.run_for(50ms);
  const auto impatient = begin(user, "a", "lost", 50ms);
  const auto patient = begin(user, "a", "kept");

  EXPECT_EQ(impatient->wait().error().code, Errc::unavailable);
  server.start();

  EXPECT_TRUE(patient->result<void>());
  ASSERT_TRUE(user.run_until([&] { return !worker.received.empty(); }));
  EXPECT_EQ(worker.received[0].body, "kept");
}

TEST_F(MessagingNats, ends_what_is_under_way_on_a_way_on_which_nothing_comes_any_more) {
  TestComponent silent;
  user.subscribe({{"subscriptions", "a"}}, silent);
  proxy.black_hole();

  const auto lost = begin(user, "a", "x", 100ms);

  EXPECT_EQ(lost->wait().error().code, Errc::timed_out);
  EXPECT_EQ(user.endpoint().in_flight(), 0u);
}

TEST(MessagingNatsRefusal, tells_of_a_wrong_password_at_once_and_never_shows_it) {
  NatsServer server("authorization { user: ann, password: secret }");
  MessagingProvider wrong{
      kind(),
      ms::k_nats,
      {{"cluster_uris", "nats://ann:guess@127.0.0.1:" + std::to_string(server.port())}}};

  const auto call = begin(*wrong.user, "a", "x");
  const auto& refused = call->wait();

  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Errc::unavailable);
  EXPECT_TRUE(refused.error().message.contains("Authorization Violation"));
  EXPECT_FALSE(refused.error().message.contains("guess"));
  EXPECT_FALSE(wrong.logged().contains("guess"));
}

TEST(MessagingNatsRefusal, tells_of_subjects_that_its_rights_do_not_allow) {
  NatsServer server(
      "authorization { users: [ { user: ann, password: x, permissions: { publish: { deny: "
      "\"secret.>\" }, subscribe: { deny: \"secret.>\" } } } ] }");
  MessagingProvider narrow{
      kind(),
      ms::k_nats,
      {{"cluster_uris", "nats://ann:x@127.0.0.1:" + std::to_string(server.port())}}};
  TestComponent worker;
  narrow.user->subscribe({{"subscriptions", "secret.a"}}, worker);

  const auto denied = begin(*narrow.user, "secret.a", "x")->result<void>();

  ASSERT_FALSE(denied);
  EXPECT_TRUE(std::holds_alternative<ms::AccessDenied>(denied.error()));
  EXPECT_TRUE(narrow.logged().contains("a link cannot subscribe")) << narrow.logged();
}

TEST(MessagingNatsSettings, that_are_wrong_are_refused_by_the_name_of_the_key) {
  const SystemClock clock;
  SystemRandom random;
  Log log({}, clock, [](std::string_view) {});
  const auto why = [&](contracts::Settings config) {
    const auto made = kind().start({.id = ComponentId("p"),
                                    .state = {},
                                    .config = std::move(config),
                                    .clock = clock,
                                    .random = random,
                                    .log = log});
    return made ? "taken" : made.error().message;
  };

  EXPECT_TRUE(why({{"cluster_uris", "redis://a"}}).starts_with("`cluster_uris`: "));
  EXPECT_TRUE(why({{"custom_inbox_prefix", "a b"}}).starts_with("`custom_inbox_prefix: a b`"));
  EXPECT_TRUE(why({{"ping_interval_sec", "soon"}}).starts_with("`ping_interval_sec: soon`"));
  EXPECT_TRUE(why({{"client_jwt", "eyJ"}}).starts_with("`client_jwt` needs"));
  EXPECT_EQ(why({{"custom_inbox_prefix", "_MINE"}, {"ping_interval_sec", "5"}}), "taken");
}

}  // namespace
}  // namespace weft::tests
