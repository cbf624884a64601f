// Messages of a stream: each comes again until it was handled.
#include "providers/messaging_nats/durable.h"

#include <gtest/gtest.h>

#include <set>

#include "providers/messaging_nats/messaging_nats.h"
#include "tests/contracts/messaging_provider.h"
#include "tests/support/fault_proxy.h"
#include "tests/support/nats_server.h"

namespace weft::providers::messaging_nats {
namespace {

namespace ms = contracts::messaging;
using namespace std::chrono_literals;
using tests::ask_nats;
using tests::body;
using tests::FaultProxy;
using tests::MessagingCall;
using tests::MessagingProvider;
using tests::MessagingUser;
using tests::NatsServer;
using tests::Received;
using tests::TestComponent;

class DurableNats : public testing::Test {
 protected:
  static std::unique_ptr<MessagingProvider> connect(std::uint16_t port) {
    return std::make_unique<MessagingProvider>(
        kind(), ms::k_nats,
        contracts::Settings{{"cluster_uris", "nats://127.0.0.1:" + std::to_string(port)},
                            {"acknowledged", "true"}});
  }
  void make_stream() {
    EXPECT_TRUE(ask_nats(server.port(), "$JS.API.STREAM.CREATE.WORK",
                         R"({"name":"WORK","subjects":["work.>"],"storage":"file"})")
                    .contains("\"created\""));
  }
  static contracts::Settings link(contracts::Settings more = {}) {
    contracts::Settings made = {{"stream", "WORK"},
                                {"subscriptions", "work.*|workers"},
                                {"backoff_ms", "10"},
                                {"max_backoff_ms", "20"}};
    for (auto& [key, value] : more) made[key] = value;
    return made;
  }
  void send(std::string_view text, std::string_view subject = "work.a") {
    const ms::Message message{subject, body(text), {}};
    EXPECT_TRUE(MessagingCall(user, {}, "publish", message).result<void>());
  }
  // Of the consumer, as the server counts.
  std::string consumer() const { return ask_nats(server.port(), "$JS.API.CONSUMER.LIST.WORK", ""); }
  bool consumer_says(const std::string& what) {
    return user.run_until([&] { return consumer().contains(what); });
  }
  bool comes_to(const TestComponent& component, std::size_t messages) {
    return user.run_until([&] { return component.received.size() >= messages; });
  }

  NatsServer server;
  FaultProxy proxy{server.port()};
  std::unique_ptr<MessagingProvider> provider = connect(proxy.port());
  MessagingUser& user = *provider->user;
};

TEST_F(DurableNats, acknowledges_a_message_when_its_handler_has_returned_and_not_before) {
  make_stream();
  TestComponent worker([](const Received&) { return std::nullopt; });
  user.subscribe(link(), worker);
  send("one");
  ASSERT_TRUE(comes_to(worker, 1));
  EXPECT_TRUE(consumer().contains("\"num_ack_pending\":1")) << consumer();

  worker.answer(TestComponent::ok());

  EXPECT_TRUE(consumer_says("\"num_ack_pending\":0"));
  EXPECT_EQ(worker.received[0].body, "one");
  EXPECT_EQ(worker.received[0].reply_to, std::nullopt);
}

TEST_F(DurableNats, delivers_again_what_was_refused_until_it_is_handled) {
  make_stream();
  int times = 0;
  TestComponent worker([&](const Received&) {
    return ++times < 3 ? TestComponent::refusal("not yet") : TestComponent::ok();
  });
  user.subscribe(link(), worker);

  send("again");

  ASSERT_TRUE(comes_to(worker, 3));
  EXPECT_TRUE(consumer_says("\"num_ack_pending\":0"));
  user.run_for(60ms);
  EXPECT_EQ(worker.received.size(), 3u);
}

TEST_F(DurableNats, gives_each_subject_its_turn_where_there_are_fewer_places_than_subjects) {
  make_stream();
  TestComponent worker;
  user.subscribe(
      link({{"subscriptions", "work.a|workers, work.b|workers"}, {"max_in_flight", "1"}}), worker);

  for (const auto* subject : {"work.a", "work.b", "work.a", "work.b"}) send("one", subject);

  EXPECT_TRUE(comes_to(worker, 4));
}

TEST_F(DurableNats, gives_up_after_the_last_delivery_and_keeps_a_dead_letter) {
  make_stream();
  TestComponent worker([](const Received&) { return TestComponent::refusal("never"); });
  TestComponent undertaker;
  user.subscribe(link({{"max_deliveries", "3"}, {"dead_letters", "dead.work"}}), worker);
  user.subscribe({{"subscriptions", "dead.*"}}, undertaker, "dead");

  send("poor thing");

  ASSERT_TRUE(comes_to(undertaker, 1));
  EXPECT_TRUE(consumer_says("\"num_ack_pending\":0"));
  EXPECT_EQ(worker.received.size(), 3u);
  EXPECT_EQ(undertaker.received[0].body, "poor thing");
}

TEST_F(DurableNats, counts_no_delivery_while_the_component_is_full) {
  make_stream();
  bool full = true;
  TestComponent worker([&](const Received&) {
    return full ? TestComponent::failure(Errc::unavailable) : TestComponent::ok();
  });
  user.subscribe(link({{"max_deliveries", "1"}}), worker);
  send("patient");
  ASSERT_TRUE(comes_to(worker, 3));

  full = false;

  EXPECT_TRUE(consumer_says("\"num_ack_pending\":0"));
  EXPECT_TRUE(consumer().contains("\"num_redelivered\":0"));
}

TEST_F(DurableNats, keeps_what_comes_while_no_host_is_there) {
  make_stream();
  TestComponent worker;
  // What the server sent to a host that had just gone comes again after a while.
  const contracts::Settings settings = link({{"ack_wait_ms", "300"}});
  auto first = user.open(settings, worker);
  send("before");
  ASSERT_TRUE(comes_to(worker, 1));
  EXPECT_TRUE(consumer_says("\"num_ack_pending\":0"));
  first.reset();
  send("meanwhile");

  user.subscribe(settings, worker);

  ASSERT_TRUE(comes_to(worker, 2));
  EXPECT_EQ(worker.received[1].body, "meanwhile");
}

TEST_F(DurableNats, says_to_the_server_that_a_long_handling_goes_on) {
  make_stream();
  TestComponent worker([](const Received&) { return std::nullopt; });
  user.subscribe(link({{"ack_wait_ms", "300"}}), worker);
  send("long");
  ASSERT_TRUE(comes_to(worker, 1));

  user.run_for(1s);
  worker.answer(TestComponent::ok());

  EXPECT_TRUE(consumer_says("\"num_ack_pending\":0"));
  EXPECT_EQ(worker.received.size(), 1u);
}

TEST_F(DurableNats, gives_another_host_what_one_that_vanished_had) {
  make_stream();
  TestComponent lost([](const Received&) { return std::nullopt; });
  const auto here = user.open(link({{"ack_wait_ms", "300"}}), lost);
  send("inherited");
  ASSERT_TRUE(comes_to(lost, 1));
  proxy.black_hole();

  const auto other = connect(server.port());
  TestComponent heir;
  other->user->subscribe(link({{"ack_wait_ms", "300"}}), heir);

  ASSERT_TRUE(other->user->run_until([&] { return !heir.received.empty(); }));
  EXPECT_EQ(heir.received[0].body, "inherited");
}

TEST_F(DurableNats, gives_each_message_to_one_of_all_threads_and_hosts) {
  make_stream();
  const auto other = connect(server.port());
  TestComponent here, there;
  user.subscribe(link(), here);
  other->user->subscribe(link(), there);

  for (int i = 0; i < 100; ++i) send(std::to_string(i));

  EXPECT_TRUE(user.run_until([&] {
    other->user->run_for(1ms);
    return here.received.size() + there.received.size() >= 100;
  }));
  EXPECT_TRUE(consumer_says("\"num_ack_pending\":0"));
  std::set<std::string> all;
  for (const auto* one : {&here, &there}) {
    for (const auto& message : one->received) all.insert(message.body);
  }
  EXPECT_EQ(all.size(), 100u);
  EXPECT_EQ(here.received.size() + there.received.size(), 100u);
}

TEST_F(DurableNats, loses_no_message_when_the_server_is_killed_in_the_middle) {
  make_stream();
  TestComponent worker;
  user.subscribe(link({{"ack_wait_ms", "300"}}), worker);
  std::set<std::string> acknowledged;
  const auto send_some = [&](int from) {
    for (int i = from; i < from + 50; ++i) {
      const auto text = std::to_string(i);
      const ms::Message message{"work.a", body(text), {}};
      // While the server starts nobody may answer: then nobody knows.
      if (MessagingCall(user, {}, "publish", message).result<void>()) acknowledged.insert(text);
    }
  };
  send_some(0);
  server.end();
  server.start();
  send_some(50);

  EXPECT_GE(acknowledged.size(), 90u);
  std::set<std::string> all;
  EXPECT_TRUE(user.run_until([&] {
    for (const auto& one : worker.received) all.insert(one.body);
    return std::ranges::includes(all, acknowledged);
  }));
}

TEST_F(DurableNats, says_that_the_stream_is_missing_and_goes_on_when_it_is_there) {
  TestComponent worker;
  const auto subscription = user.prepare(link({{"deliver", "all"}}), worker);
  subscription->start();
  EXPECT_TRUE(user.run_until([&] { return provider->logged().contains("stream not found"); }));
  EXPECT_FALSE(subscription->is_taking());

  make_stream();
  send("late");

  ASSERT_TRUE(comes_to(worker, 1));
  EXPECT_TRUE(subscription->is_taking());
}

TEST_F(DurableNats, takes_nothing_more_once_it_is_stopped_and_others_do) {
  make_stream();
  TestComponent old, next;
  const auto first = user.open(link(), old);
  first->stop();
  user.subscribe(link(), next);

  for (int i = 0; i < 20; ++i) send(std::to_string(i));

  ASSERT_TRUE(comes_to(next, 20));
  EXPECT_EQ(old.received.size(), 0u);
  EXPECT_TRUE(user.run_until([&] { return first->in_flight() == 0; }));
}

TEST_F(DurableNats, answers_a_publish_that_a_stream_must_take_by_what_the_stream_says) {
  const auto refusal = [&](std::string_view subject, std::optional<std::string_view> reply_to) {
    const ms::Message message{subject, body("x"), reply_to};
    const auto sent = MessagingCall(user, {}, "publish", message).result<void>();
    return sent ? std::string("taken") : tests::text(sent.error());
  };
  EXPECT_TRUE(refusal("work.a", {}).starts_with("no stream takes 'work.a': nats stream add"));

  make_stream();

  EXPECT_EQ(refusal("work.a", {}), "taken");
  EXPECT_TRUE(refusal("work.a", "there").contains("can have no reply-to"));
  EXPECT_TRUE(ask_nats(server.port(), "$JS.API.STREAM.INFO.WORK", "").contains("\"messages\":1"));
}

TEST(StreamSettings, that_are_wrong_are_refused_by_the_name_of_the_key) {
  const auto why = [](contracts::Settings settings) {
    const auto read = StreamSettings::read(settings);
    return read ? "taken" : read.error().message;
  };

  EXPECT_TRUE(why({{"stream", "a.b"}}).starts_with("`stream: a.b`"));
  EXPECT_TRUE(why({{"js_domain", "a b"}}).starts_with("`js_domain: a b`"));
  EXPECT_TRUE(why({{"deliver", "some"}}).starts_with("`deliver: some`"));
  EXPECT_TRUE(why({{"ack_wait_ms", "1s"}}).starts_with("`ack_wait_ms: 1s`"));
  EXPECT_TRUE(why({{"ack_wait_ms", "99"}}).starts_with("`ack_wait_ms: 99`"));
  EXPECT_EQ(why({{"stream", "WORK"}, {"deliver", "all"}, {"ack_wait_ms", "100"}}), "taken");
}

}  // namespace
}  // namespace weft::providers::messaging_nats
