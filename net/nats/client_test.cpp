// The client against a real server, and against one on which everything goes wrong.
#include "net/nats/client.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <deque>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include "tests/support/fault_proxy.h"
#include "tests/support/nats_server.h"

namespace weft::net::nats {
namespace {

using namespace std::chrono_literals;
using tests::FaultProxy;
using tests::NatsServer;

// One outcome, as text.
class Told final : public Outcome {
 public:
  explicit Told(std::string& to, const bool* wanted = nullptr) : to_(to), wanted_(wanted) {}
  More on_reply(const Message& message) noexcept override {
    to_ = message.no_responders() ? "(nobody)" : "=" + std::string(message.payload);
    return More::no;
  }
  void on_failure(Error error) noexcept override {
    to_ = std::string(name(error.code)) + ": " + error.message;
  }
  bool wanted() const noexcept override { return wanted_ == nullptr || *wanted_; }

 private:
  std::string& to_;
  const bool* const wanted_;
};

// Hears, and answers each message with its own bytes.
class Echo final : public Subscriber {
 public:
  void on_message(const Message& message) noexcept override {
    heard.emplace_back(message.payload);
    if (client != nullptr && !message.reply.empty())
      (void)client->post({.subject = message.reply, .payload = message.payload});
  }
  void on_refused(Error error) noexcept override { refusal = error.message; }

  Client* client = nullptr;
  std::vector<std::string> heard;
  std::string refusal;
};

class NatsClient : public testing::Test {
 protected:
  Client& open(const std::string& urls, ClientSettings settings = {}) {
    const auto address = Address::parse(urls).value();
    settings.servers = address.servers;
    if (!address.user.empty() || !address.token.empty()) {
      settings.credentials.user = address.user;
      settings.credentials.password = address.password;
      settings.credentials.token = address.token;
    }
    settings.label = "test";
    settings.name = "weft:test";
    return clients.emplace_back(
        std::move(settings), Client::Surroundings{io.get_executor(), resolver, clock, random, log});
  }
  void run_until(const auto& done) {
    const auto until = clock.now() + 20s;
    while (!done()) {
      io.run_one_for(100ms);
      ASSERT_LT(clock.now(), until) << logged;
    }
  }
  std::string ask(Client& client, std::string_view subject, std::string_view payload = "",
                  std::chrono::milliseconds within = 10s) {
    std::string told;
    client.request({.subject = subject, .payload = payload}, clock.now() + within,
                   std::make_unique<Told>(told));
    run_until([&] { return !told.empty(); });
    return told;
  }
  std::string publish(Client& client, std::string_view subject, std::string_view payload = "") {
    std::string told;
    client.publish({.subject = subject, .payload = payload}, clock.now() + 10s,
                   std::make_unique<Told>(told));
    run_until([&] { return !told.empty(); });
    return told;
  }
  void answer(Client& client, std::string_view pattern, std::string_view queue = "") {
    echo.client = &client;
    EXPECT_TRUE(client.subscribe(pattern, queue, echo));
    EXPECT_EQ(publish(client, ""), "=");
  }

  SystemClock clock;
  SystemRandom random;
  SystemResolver resolver;
  std::string logged;
  Log log{{.level = LogLevel::debug}, clock, [this](std::string_view line) { logged += line; }};
  boost::asio::io_context io{1};
  Echo echo;
  std::deque<Client> clients;
};

TEST_F(NatsClient, asks_and_is_answered_and_hears_that_nobody_does) {
  NatsServer server;
  auto& client = open(server.url());
  answer(client, "echo.*");

  EXPECT_EQ(ask(client, "echo.a", "hello"), "=hello");
  EXPECT_EQ(ask(client, "nobody.there"), "(nobody)");
  EXPECT_EQ(publish(client, "echo.b", "x"), "=");
  EXPECT_EQ(echo.heard, (std::vector<std::string>{"hello", "x"}));
  EXPECT_EQ(client.waiting(), 0u);
}

TEST_F(NatsClient, keeps_many_requests_of_one_turn_apart) {
  NatsServer server;
  auto& client = open(server.url());
  answer(client, "echo");
  std::vector<std::string> told(2000);

  for (std::size_t i = 0; i < told.size(); ++i) {
    client.request({.subject = "echo", .payload = std::to_string(i)}, MonotonicTime::max(),
                   std::make_unique<Told>(told[i]));
  }
  EXPECT_EQ(client.waiting(), told.size());
  run_until([&] { return client.waiting() == 0; });

  for (std::size_t i = 0; i < told.size(); ++i) EXPECT_EQ(told[i], "=" + std::to_string(i));
}

TEST_F(NatsClient, gives_each_message_to_one_of_a_queue_and_to_all_others) {
  NatsServer server;
  auto& one = open(server.url());
  auto& two = open(server.url());
  Echo alone, first, second;
  EXPECT_TRUE(one.subscribe("work.>", "", alone));
  EXPECT_TRUE(one.subscribe("work.>", "q", first));
  EXPECT_TRUE(two.subscribe("work.>", "q", second));
  EXPECT_EQ(publish(two, ""), "=");

  for (int i = 0; i < 100; ++i) EXPECT_EQ(publish(one, "work.x", "m"), "=");
  run_until([&] { return first.heard.size() + second.heard.size() >= 100; });

  EXPECT_EQ(alone.heard.size(), 100u);
  EXPECT_EQ(first.heard.size() + second.heard.size(), 100u);
  EXPECT_GT(first.heard.size(), 0u);
  EXPECT_GT(second.heard.size(), 0u);
}

TEST_F(NatsClient, hears_everything_before_a_subscription_is_drained_and_nothing_after) {
  NatsServer server;
  auto& client = open(server.url());
  const auto id = client.subscribe("a", "", echo).value();
  EXPECT_EQ(publish(client, ""), "=");
  for (int i = 0; i < 50; ++i) EXPECT_TRUE(client.post({.subject = "a", .payload = "x"}));
  bool drained = false;

  client.drain(id, [&] { drained = true; });
  run_until([&] { return drained; });

  EXPECT_EQ(echo.heard.size(), 50u);
  EXPECT_EQ(publish(client, "a", "late"), "=");
  EXPECT_EQ(echo.heard.size(), 50u);
}

TEST_F(NatsClient, refuses_what_is_larger_than_the_server_takes_and_goes_on) {
  NatsServer server("max_payload: 1000");
  auto& client = open(server.url());
  const std::string large(1001, 'x');
  std::string early;
  client.publish({.subject = "a", .payload = large}, clock.now() + 10s,
                 std::make_unique<Told>(early));
  run_until([&] { return !early.empty(); });

  EXPECT_EQ(early.substr(0, 10), "exhausted:");
  EXPECT_NE(early.find("1001 bytes are more than the server takes at once, which is 1000"),
            std::string::npos);
  EXPECT_EQ(publish(client, "a", large), early);
  EXPECT_EQ(publish(client, "a", "small"), "=");
  EXPECT_TRUE(publish(client, "a b").starts_with("invalid: "));
}

TEST_F(NatsClient, says_who_it_is_by_password_token_key_and_never_shows_them) {
  NatsServer password("authorization { user: ann, password: \"s3cr3t\" }");
  NatsServer token("authorization { token: \"s3cr3t\" }");
  const auto key =
      UserKey::from_seed("SUAEL6GG2L2HIF7DUGZJGMRUFKXELGGYFMHF76UO2AYBG3K4YLWR3FKC2Q").value();
  NatsServer keys("authorization { users: [ { nkey: " + key.public_text() + " } ] }");
  const auto at = [](const std::string& who, const NatsServer& server) {
    return "nats://" + who + "127.0.0.1:" + std::to_string(server.port());
  };
  ClientSettings with_key;
  with_key.credentials.key = key;

  EXPECT_EQ(publish(open(at("ann:s3cr3t@", password)), "a"), "=");
  EXPECT_EQ(publish(open(at("s3cr3t@", token)), "a"), "=");
  EXPECT_EQ(publish(open(keys.url(), with_key), "a"), "=");
  for (const auto& wrong : {at("ann:guess@", password), at("guess@", token), keys.url()}) {
    const auto told = publish(open(wrong), "a");
    EXPECT_TRUE(told.starts_with("unavailable: ")) << told;
    EXPECT_NE(told.find("Authorization Violation"), std::string::npos) << told;
    EXPECT_EQ(told.find("guess"), std::string::npos) << told;
  }
  EXPECT_EQ(logged.find("guess"), std::string::npos);
  EXPECT_EQ(logged.find("s3cr3t"), std::string::npos);
}

TEST_F(NatsClient, is_told_what_its_rights_do_not_allow) {
  NatsServer server(
      "authorization { users: [ { user: ann, password: x, permissions: { publish: { deny: "
      "\"secret.>\" }, subscribe: { deny: \"secret.>\" } } } ] }");
  auto& client = open("nats://ann:x@127.0.0.1:" + std::to_string(server.port()));

  const auto told = publish(client, "secret.a");
  EXPECT_TRUE(client.subscribe("secret.a", "", echo));

  EXPECT_TRUE(told.starts_with("denied: ")) << told;
  EXPECT_TRUE(ask(client, "secret.b").starts_with("denied: "));
  EXPECT_NE(echo.refusal.find("secret.a"), std::string::npos);
  EXPECT_EQ(publish(client, "open"), "=");
}

TEST_F(NatsClient, subscribes_again_and_sends_what_waits_when_the_server_is_back) {
  NatsServer server;
  auto& client = open(server.url());
  answer(client, "echo");
  server.end();
  run_until([&] { return !client.connected(); });
  std::string patient, impatient;
  client.request({.subject = "echo", .payload = "p"}, clock.now() + 20s,
                 std::make_unique<Told>(patient));
  client.publish({.subject = "echo", .payload = "i"}, clock.now() + 50ms,
                 std::make_unique<Told>(impatient));
  run_until([&] { return !impatient.empty(); });

  server.start();
  run_until([&] { return !patient.empty(); });

  EXPECT_TRUE(impatient.starts_with("unavailable: ")) << impatient;
  EXPECT_EQ(patient, "=p");
  EXPECT_EQ(echo.heard, std::vector<std::string>{"p"});
  EXPECT_NE(logged.find("the connection to NATS is lost"), std::string::npos);
  EXPECT_NE(logged.find("NATS is there again"), std::string::npos);
}

TEST_F(NatsClient, goes_to_another_server_when_the_one_it_has_is_gone) {
  NatsServer one, two;
  FaultProxy first(one.port()), second(two.port());
  auto& client = open("127.0.0.1:" + std::to_string(first.port()) +
                      ",127.0.0.1:" + std::to_string(second.port()));
  EXPECT_EQ(publish(client, "a"), "=");
  auto& used = first.connections() > 0 ? first : second;
  const auto name = client.server().name;

  used.cut(FaultProxy::Then::refuse);
  run_until([&] { return !client.connected(); });

  EXPECT_EQ(publish(client, "a"), "=");
  EXPECT_NE(client.server().name, name);
}

TEST_F(NatsClient, ends_what_is_under_way_when_the_connection_is_cut) {
  NatsServer server;
  FaultProxy proxy(server.port());
  auto& client = open("127.0.0.1:" + std::to_string(proxy.port()));
  Echo silent;
  EXPECT_TRUE(client.subscribe("a", "", silent));
  EXPECT_EQ(publish(client, ""), "=");
  std::string told;
  client.request({.subject = "a"}, clock.now() + 10s, std::make_unique<Told>(told));
  run_until([&] { return !silent.heard.empty(); });

  proxy.cut(FaultProxy::Then::serve);
  run_until([&] { return !told.empty(); });

  EXPECT_NE(told.find("whether it was done is not known"), std::string::npos) << told;
  EXPECT_EQ(publish(client, "b"), "=");
}

TEST_F(NatsClient, notices_a_connection_on_which_nothing_comes_any_more) {
  NatsServer server;
  FaultProxy proxy(server.port());
  ClientSettings settings;
  settings.answer_limit = 200ms;
  settings.connect_limit = 200ms;
  auto& client = open("127.0.0.1:" + std::to_string(proxy.port()), settings);
  EXPECT_EQ(publish(client, "a"), "=");
  proxy.black_hole();
  const auto before = clock.now();

  const auto lost = publish(client, "a");

  EXPECT_TRUE(lost.starts_with("unavailable: ")) << lost;
  EXPECT_LT(clock.now() - before, 2s);
  proxy.mend();
  EXPECT_EQ(publish(client, "a"), "=");
}

TEST_F(NatsClient, bounds_what_waits_and_forgets_what_nobody_wants) {
  FaultProxy nowhere(1);
  nowhere.black_hole();
  auto& client = open("127.0.0.1:" + std::to_string(nowhere.port()),
                      {.queue_bytes = 10'000, .queue_requests = 20});
  std::vector<std::string> large(3), small(21);

  for (auto& one : large) {
    client.publish({.subject = "a", .payload = std::string(6000, 'x')}, clock.now() + 20ms,
                   std::make_unique<Told>(one));
  }
  EXPECT_NE(large[2].find("bytes wait to be sent already"), std::string::npos);
  run_until([&] { return !large[0].empty() && client.waiting_bytes() == 0; });
  EXPECT_EQ(client.waiting_bytes(), 0u);
  for (auto& one : small)
    client.request({.subject = "a"}, MonotonicTime::max(), std::make_unique<Told>(one));

  EXPECT_NE(small[20].find("20 calls wait already"), std::string::npos);
  clients.clear();
  EXPECT_NE(small[0].find("the client is being closed"), std::string::npos);
}

TEST_F(NatsClient, keeps_no_place_for_what_nobody_wants_any_more) {
  NatsServer server;
  auto& client = open(server.url(), {.queue_requests = 20});
  Echo silent;
  EXPECT_TRUE(client.subscribe("a", "", silent));
  EXPECT_EQ(publish(client, ""), "=");
  std::vector<std::string> told(20);
  bool wanted = true;
  for (auto& one : told) {
    client.request({.subject = "a"}, MonotonicTime::max(), std::make_unique<Told>(one, &wanted));
  }
  EXPECT_NE(publish(client, "b").find("20 calls wait already"), std::string::npos);

  wanted = false;

  EXPECT_EQ(publish(client, "b"), "=");
  EXPECT_TRUE(told[0].starts_with("cancelled: "));
  EXPECT_EQ(client.waiting(), 0u);
}

TEST_F(NatsClient, speaks_tls_where_the_server_wants_it_and_trusts_only_whom_it_should) {
  const tests::TemporaryFolder folder;
  const auto certificate = (folder.path() / "cert.pem").string();
  const auto key = (folder.path() / "key.pem").string();
  tests::run({"openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
              "-nodes", "-keyout", key, "-out", certificate, "-days", "2", "-subj", "/CN=test",
              "-addext", "subjectAltName=IP:127.0.0.1"},
             "openssl");
  NatsServer server("tls { cert_file: \"" + certificate + "\", key_file: \"" + key + "\" }");
  NatsServer plain;
  ClientSettings trusting;
  trusting.tls =
      TlsClient::make({.ca_file = certificate, .ca_pem = {}, .alpn = Alpn::none}).value();
  const auto at = [](const std::string& host, const NatsServer& which) {
    return "tls://" + host + ":" + std::to_string(which.port());
  };

  EXPECT_EQ(publish(open(at("127.0.0.1", server), trusting), "a", std::string(500'000, 'x')), "=");
  EXPECT_EQ(publish(open(server.url(), trusting), "a"), "=");
  ClientSettings quick;
  quick.answer_limit = 300ms;
  const auto strange = ask(open(at("127.0.0.1", server), quick), "a", "", 300ms);
  EXPECT_NE(strange.find("certificate"), std::string::npos) << strange;
  const auto elsewhere = ask(open(at("localhost", server), trusting), "a", "", 300ms);
  EXPECT_NE(elsewhere.find("certificate"), std::string::npos) << elsewhere;
  EXPECT_NE(publish(open(at("127.0.0.1", plain), trusting), "a").find("offers none"),
            std::string::npos);
}

TEST_F(NatsClient, learns_of_the_cluster_and_leaves_a_server_that_is_about_to_stop) {
  const auto one_route = tests::free_port(), two_route = tests::free_port();
  const auto cluster = [](std::uint16_t own, std::uint16_t other) {
    return "lame_duck_duration: \"30s\"\nlame_duck_grace_period: \"100ms\"\ncluster { name: c, "
           "listen: \"127.0.0.1:" +
           std::to_string(own) + "\", routes: [\"nats://127.0.0.1:" + std::to_string(other) +
           "\"] }";
  };
  NatsServer one(cluster(one_route, two_route)), two(cluster(two_route, one_route));
  auto& client = open(one.url());
  EXPECT_EQ(publish(client, "a"), "=");
  run_until([&] {
    return std::ranges::any_of(client.server().cluster,
                               [&](const Server& server) { return server.port == two.port(); });
  });

  ::kill(one.process().id(), SIGUSR2);
  run_until([&] {
    return client.connected() && client.server().name.ends_with(std::to_string(two.port()));
  });

  EXPECT_TRUE(one.process().running());
  EXPECT_EQ(publish(client, "a"), "=");
}

}  // namespace
}  // namespace weft::net::nats
