// The client against a real server, and against one on which everything goes wrong. What a call
// does in the eyes of the contract stands in providers/keyvalue_redis/faults_test.cpp.
#include "net/redis/client.h"

#include <gtest/gtest.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <deque>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "tests/support/fault_proxy.h"
#include "tests/support/raw_server.h"
#include "tests/support/redis_server.h"

namespace weft::net::redis {
namespace {

using namespace std::chrono_literals;
using tests::RedisServer;

// One outcome, as text.
class Heard final : public Outcome {
 public:
  explicit Heard(std::string& to) : to_(to) {}
  void on_reply(const Reply& reply) noexcept override {
    to_ = reply.is(Kind::nothing)   ? "(nothing)"
          : reply.is(Kind::integer) ? std::to_string(reply.integer())
          : reply.is(Kind::list)    ? "(" + std::to_string(reply.size()) + ")"
          : reply.is(Kind::error)   ? "!" + std::string(reply.text())
                                    : std::string(reply.text());
  }
  void on_failure(Error error) noexcept override {
    to_ = std::string(name(error.code)) + ": " + error.message;
  }
  bool wanted() const noexcept override { return true; }

 private:
  std::string& to_;
};

// Knows where every name is.
class Names final : public Resolver {
 public:
  Addresses addresses;

  std::unique_ptr<Lookup> resolve(Query, Executor executor,
                                  std::function<void(Result<Addresses>)> done) override {
    boost::asio::post(executor, [this, done = std::move(done)] { done(addresses); });
    return std::make_unique<Lookup>();
  }
};

// What the system is told of the sockets of this process that lead to a port.
int option_of_sockets_to(std::uint16_t port, int level, int name) {
  for (const auto& entry : std::filesystem::directory_iterator("/proc/self/fd")) {
    const int socket = std::stoi(entry.path().filename());
    sockaddr_in peer{};
    socklen_t size = sizeof peer;
    if (::getpeername(socket, reinterpret_cast<sockaddr*>(&peer), &size) != 0 ||
        peer.sin_family != AF_INET || ntohs(peer.sin_port) != port)
      continue;
    int value = 0;
    size = sizeof value;
    EXPECT_EQ(::getsockopt(socket, level, name, &value, &size), 0);
    return value;
  }
  return -1;
}

class RedisClient : public testing::Test {
 protected:
  Client& open(const std::string& url, ClientSettings settings = {}) {
    settings.address = Address::parse(url).value();
    settings.label = "test";
    settings.name = "weft:test";
    return clients.emplace_back(
        std::move(settings), nullptr,
        Client::Surroundings{io.get_executor(), resolver, clock, random, log});
  }
  template <class... W>
  std::string ask(Client& client, const W&... words) {
    std::string heard;
    client.send(MonotonicTime::max(), std::make_unique<Heard>(heard),
                [&](Commands& commands) { commands.whole(words...); });
    while (heard.empty()) io.run_one();
    return heard;
  }

  SystemClock clock;
  SystemRandom random;
  Names resolver;
  std::string logged;
  Log log{{.level = LogLevel::debug}, clock, [this](std::string_view line) { logged += line; }};
  boost::asio::io_context io{1};
  std::deque<Client> clients;
};

TEST_F(RedisClient, says_who_it_is_and_speaks_the_newer_protocol) {
  RedisServer server;
  auto& client = open(server.url() + "/3");

  EXPECT_EQ(ask(client, "CLIENT", "GETNAME"), "weft:test");
  const auto info = ask(client, "CLIENT", "INFO");
  EXPECT_NE(info.find(" resp=3"), std::string::npos) << info;
  EXPECT_NE(info.find(" db=3 "), std::string::npos) << info;
}

TEST_F(RedisClient, speaks_the_older_protocol_to_a_server_that_knows_no_other) {
  RedisServer server({"--rename-command", "HELLO", "", "--requirepass", "secret"}, "secret");
  auto& client = open("redis://:secret@127.0.0.1:" + std::to_string(server.port()) + "/1");

  EXPECT_EQ(ask(client, "CLIENT", "GETNAME"), "weft:test");
  EXPECT_NE(ask(client, "CLIENT", "INFO").find(" resp=2"), std::string::npos);
  EXPECT_EQ(ask(client, "GET", "nothing"), "(nothing)");
}

TEST_F(RedisClient, reaches_a_server_by_its_socket_file_as_a_user_of_its_own) {
  RedisServer server({"--user", "ann", "on", ">pass@word", "~*", "+@all"});
  auto& client = open("unix://ann:pass%40word@" + server.socket_file());

  EXPECT_EQ(ask(client, "ACL", "WHOAMI"), "ann");
}

TEST_F(RedisClient, sends_what_comes_in_one_turn_at_once_and_keeps_its_order) {
  RedisServer server;
  auto& client = open(server.url());
  ask(client, "PING");
  std::vector<std::string> heard(500);

  for (auto& one : heard) {
    client.send(MonotonicTime::max(), std::make_unique<Heard>(one),
                [](Commands& commands) { commands.whole("INCR", "n"); });
  }
  EXPECT_EQ(client.waiting(), heard.size());
  while (heard.back().empty()) io.run_one();

  for (std::size_t i = 0; i < heard.size(); ++i) EXPECT_EQ(heard[i], std::to_string(i + 1));
  EXPECT_EQ(client.waiting(), 0u);
}

TEST_F(RedisClient, gives_several_commands_one_outcome_the_first_error_or_the_last_reply) {
  RedisServer server;
  auto& client = open(server.url());
  const auto transaction = [&](std::string_view key) {
    std::string heard;
    client.send(MonotonicTime::max(), std::make_unique<Heard>(heard), [&](Commands& commands) {
      commands.whole("MULTI").whole("SET", key, "1").whole("INCR", key).whole("EXEC");
    });
    while (heard.empty()) io.run_one();
    return heard;
  };

  EXPECT_EQ(transaction("n"), "(2)");
  EXPECT_EQ(ask(client, "CONFIG", "SET", "maxmemory", 1), "OK");
  EXPECT_TRUE(transaction("n").starts_with("!OOM")) << transaction("n");
  EXPECT_EQ(ask(client, "CONFIG", "SET", "maxmemory", 0), "OK");
  EXPECT_EQ(transaction("n"), "(2)");
}

TEST_F(RedisClient, refuses_what_would_make_the_queue_too_long_or_too_large) {
  tests::FaultProxy proxy(1);
  proxy.black_hole();
  auto& client = open("redis://127.0.0.1:" + std::to_string(proxy.port()),
                      {.queue_bytes = 10'000, .queue_commands = 20});
  std::vector<std::string> small(21), large(3);

  for (auto& one : large) {
    client.send(MonotonicTime::max(), std::make_unique<Heard>(one),
                [](Commands& commands) { commands.whole("SET", "k", std::string(6000, 'x')); });
  }
  EXPECT_NE(large[2].find("bytes wait to be sent already"), std::string::npos);
  EXPECT_LT(client.waiting_bytes(), 20'000u);
  clients.clear();
  EXPECT_TRUE(large[0].starts_with("unavailable: test (redis://127.0.0.1:"));
  auto& another = open("redis://127.0.0.1:" + std::to_string(proxy.port()),
                       {.queue_bytes = 10'000, .queue_commands = 20});
  for (auto& one : small) {
    another.send(MonotonicTime::max(), std::make_unique<Heard>(one),
                 [](Commands& commands) { commands.whole("PING"); });
  }
  EXPECT_NE(small[20].find("20 calls wait already"), std::string::npos);
  EXPECT_TRUE(small[19].empty());
  clients.clear();
}

TEST_F(RedisClient, forgets_the_bytes_of_commands_whose_time_is_over) {
  tests::FaultProxy proxy(1);
  proxy.black_hole();
  auto& client = open("redis://127.0.0.1:" + std::to_string(proxy.port()));
  std::vector<std::string> heard(10);
  for (auto& one : heard) {
    client.send(clock.now() + 20ms, std::make_unique<Heard>(one),
                [](Commands& commands) { commands.whole("SET", "k", std::string(6000, 'x')); });
  }

  while (heard.back().empty()) io.run_one();

  EXPECT_TRUE(heard[0].starts_with("unavailable: ")) << heard[0];
  EXPECT_EQ(client.waiting(), 0u);
  EXPECT_EQ(client.waiting_bytes(), 0u);
}

TEST_F(RedisClient, passes_over_a_reply_that_is_too_large_and_keeps_the_connection) {
  RedisServer server;
  auto& client = open(server.url(), {.reply_bytes = 10'000});
  EXPECT_EQ(ask(client, "SET", "k", std::string(200'000, 'x')), "OK");
  const auto id = ask(client, "CLIENT", "ID");

  const auto heard = ask(client, "GET", "k");

  EXPECT_TRUE(heard.starts_with("exhausted: test (redis://127.0.0.1:")) << heard;
  EXPECT_NE(heard.find("a reply has more than 10000 bytes"), std::string::npos) << heard;
  EXPECT_EQ(ask(client, "CLIENT", "ID"), id);
}

TEST_F(RedisClient, takes_the_upload_of_a_large_value_over_a_slow_way_for_no_silence) {
  RedisServer server;
  tests::FaultProxy proxy(server.port());
  auto& client = open("redis://127.0.0.1:" + std::to_string(proxy.port()), {.answer_limit = 600ms});
  ask(client, "PING");
  proxy.slow_reader(30'000);
  const std::string large(30'000'000, 'x');

  std::string heard;
  client.send(clock.now() + 60s, std::make_unique<Heard>(heard),
              [&](Commands& commands) { commands.whole("SET", "k", large); });
  while (heard.empty()) io.run_one();

  EXPECT_EQ(heard, "OK");
}

TEST_F(RedisClient, comes_back_more_and_more_slowly_to_a_server_that_hangs_up_after_the_greeting) {
  tests::RawServer server([](tests::RawClient& peer, int) {
    for (const auto& [end, reply] :
         {std::pair("weft:test\r\n", "+OK\r\n"), std::pair("PING\r\n", "+PONG\r\n"),
          std::pair("EXEC\r\n", "+OK\r\n*0\r\n")}) {
      peer.read_until(end);
      peer.send(reply);
    }
  });
  open("redis://127.0.0.1:" + std::to_string(server.port()));

  io.run_for(1000ms);
  clients.clear();

  EXPECT_GE(server.connections(), 3);
  EXPECT_LE(server.connections(), 10);
}

TEST_F(RedisClient, keeps_no_place_for_calls_whose_time_is_over) {
  tests::FaultProxy proxy(1);
  proxy.black_hole();
  auto& client = open("redis://127.0.0.1:" + std::to_string(proxy.port()), {.queue_commands = 20});
  std::string patient, next;
  std::vector<std::string> late(19);
  client.send(clock.now() + 60s, std::make_unique<Heard>(patient),
              [](Commands& commands) { commands.whole("SET", "k", std::string(6000, 'x')); });
  for (auto& one : late) {
    client.send(clock.now() + 20ms, std::make_unique<Heard>(one),
                [](Commands& commands) { commands.whole("PING"); });
  }
  while (late.back().empty()) io.run_one();

  client.send(clock.now() + 60s, std::make_unique<Heard>(next),
              [](Commands& commands) { commands.whole("PING"); });

  EXPECT_EQ(next, "");
  EXPECT_EQ(patient, "");
  EXPECT_EQ(client.waiting(), 2u);
  clients.clear();
}

// Takes no connection and refuses none, like a host that is switched off.
class DeadPlace {
 public:
  explicit DeadPlace(std::uint16_t port) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK + 1);
    const auto* raw = reinterpret_cast<const sockaddr*>(&address);
    EXPECT_EQ(::bind(sockets_[0], raw, sizeof address), 0);
    EXPECT_EQ(::listen(sockets_[0], 0), 0);
    // One waits to be accepted; for more there is no room.
    for (int i = 1; i < k_sockets; ++i) ::connect(sockets_[i], raw, sizeof address);
  }
  DeadPlace(const DeadPlace&) = delete;
  DeadPlace& operator=(const DeadPlace&) = delete;
  ~DeadPlace() {
    for (const int socket : sockets_) ::close(socket);
  }

 private:
  static constexpr int k_sockets = 4;
  static int open() { return ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0); }
  const std::array<int, k_sockets> sockets_{open(), open(), open(), open()};
};

TEST_F(RedisClient, goes_on_to_the_next_address_of_a_name_when_one_does_not_answer) {
  RedisServer server;
  const DeadPlace dead(server.port());
  resolver.addresses = {boost::asio::ip::make_address("127.0.0.2"),
                        boost::asio::ip::make_address("127.0.0.1")};

  auto& client = open("redis://db.example:" + std::to_string(server.port()),
                      {.connect_limit = 2000ms, .answer_limit = 1900ms});

  EXPECT_EQ(ask(client, "PING"), "PONG");
}

TEST_F(RedisClient, has_the_system_look_whether_a_silent_server_is_still_there) {
  RedisServer server;
  auto& client = open(server.url());
  ask(client, "PING");

  EXPECT_EQ(option_of_sockets_to(server.port(), SOL_SOCKET, SO_KEEPALIVE), 1);
  EXPECT_EQ(option_of_sockets_to(server.port(), IPPROTO_TCP, TCP_KEEPIDLE), 15);
  EXPECT_EQ(option_of_sockets_to(server.port(), IPPROTO_TCP, TCP_USER_TIMEOUT), 30'000);
}

// A certificate for 127.0.0.1 that signed itself, and a server that shows it.
class RedisTls : public RedisClient {
 protected:
  static std::string certificate(const std::filesystem::path& folder) {
    const auto path = (folder / "cert.pem").string();
    tests::run({"openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
                "-nodes", "-keyout", (folder / "key.pem").string(), "-out", path, "-days", "2",
                "-subj", "/CN=test", "-addext", "subjectAltName=IP:127.0.0.1"},
               "openssl");
    return path;
  }
  Client& open_tls(const std::string& host, std::shared_ptr<const TlsClient> tls) {
    ClientSettings settings;
    settings.address = Address::parse("rediss://" + host + ":" + std::to_string(port)).value();
    settings.label = "test";
    settings.name = "weft:test";
    settings.answer_limit = 500ms;
    return clients.emplace_back(
        std::move(settings), std::move(tls),
        Client::Surroundings{io.get_executor(), resolver, clock, random, log});
  }

  tests::TemporaryFolder folder;
  const std::string certificate_ = certificate(folder.path());
  const std::uint16_t port = tests::free_port();
  RedisServer server{{"--tls-port", std::to_string(port), "--tls-cert-file", certificate_,
                      "--tls-key-file", (folder.path() / "key.pem").string(), "--tls-ca-cert-file",
                      certificate_, "--tls-auth-clients", "no"}};
};

TEST_F(RedisTls, reaches_a_server_whose_certificate_an_authority_of_ours_signed) {
  const auto tls = TlsClient::make({.ca_file = certificate_}).value();
  auto& client = open_tls("127.0.0.1", tls);
  const std::string large(3'000'000, 'x');

  EXPECT_EQ(ask(client, "SET", "k", large), "OK");
  EXPECT_EQ(ask(client, "GET", "k"), large);
  clients.clear();
}

TEST_F(RedisTls, refuses_a_certificate_of_nobody_known_or_for_another_name) {
  resolver.addresses = {boost::asio::ip::make_address("127.0.0.1")};
  const auto system = TlsClient::make({}).value();
  const auto ours = TlsClient::make({.ca_file = certificate_}).value();

  const auto unknown = ask(open_tls("127.0.0.1", system), "PING");
  const auto another = ask(open_tls("localhost", ours), "PING");

  EXPECT_TRUE(unknown.starts_with("unavailable")) << unknown;
  EXPECT_NE(unknown.find("the certificate of 127.0.0.1 is not accepted"), std::string::npos)
      << unknown;
  EXPECT_NE(another.find("the certificate of localhost is not accepted"), std::string::npos)
      << another;
  clients.clear();
}

TEST_F(RedisClient, tells_once_that_there_is_no_server_and_once_that_there_is_one) {
  RedisServer server;
  server.end();
  auto& client = open(server.url());
  const auto until = clock.now() + 300ms;
  while (clock.now() < until) io.run_one_for(50ms);
  server.start();
  EXPECT_EQ(ask(client, "PING"), "PONG");

  EXPECT_EQ(logged.find("Redis cannot be reached"), logged.rfind("Redis cannot be reached"));
  EXPECT_NE(logged.find("Redis cannot be reached"), std::string::npos);
  EXPECT_NE(logged.find("Redis is there again"), std::string::npos);
}

}  // namespace
}  // namespace weft::net::redis
