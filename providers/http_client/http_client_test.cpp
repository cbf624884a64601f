#include "providers/http_client/http_client.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <string>

#include "providers/http_client/test_support.h"

namespace weft::providers::http_client {
namespace {

using namespace test;
using contracts::HttpCode;
using testing::HasSubstr;
using tests::RawClient;
using tests::RawServer;

constexpr std::string_view k_hello = "HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhello";

TEST(HttpClientTest, sends_the_request_as_it_is_with_host_and_trace) {
  Client client;
  std::string request;
  RawServer server([&](RawClient& peer, int) {
    request = peer.read_until("\r\n\r\n");
    peer.send(k_hello);
  });

  const auto answer = client.get(
      at(server),
      {.target = "/a?b=c", .headers = {{"accept", "text/html"}, {"traceparent", "its own"}}});

  EXPECT_EQ(answer, "200 hello");
  EXPECT_EQ(request, "GET /a?b=c HTTP/1.1\r\nhost: " + at(server) +
                         "\r\naccept: text/html\r\ntraceparent: " + client.trace.header() +
                         "\r\n\r\n");
}

TEST(HttpClientTest, keeps_a_connection_for_the_next_request_to_the_same_origin) {
  Client client;
  RawServer server(always(std::string(k_hello)));

  for (int i = 0; i < 3; ++i) EXPECT_EQ(client.get(at(server)), "200 hello");

  EXPECT_EQ(server.connections(), 1);
  client.endpoint.reset();  // closes what it keeps, so that the servers end
}

TEST(HttpClientTest, opens_another_connection_after_a_response_that_ends_it) {
  Client client;
  RawServer closing(always("HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 2\r\n\r\nok"));
  RawServer old([](RawClient& peer, int) {
    peer.read_until("\r\n\r\n");
    peer.send("HTTP/1.0 200 OK\r\n\r\nuntil the end");
  });

  for (int i = 0; i < 2; ++i) {
    EXPECT_EQ(client.get(at(closing)), "200 ok");
    EXPECT_EQ(client.get(at(old)), "200 until the end");
  }

  EXPECT_EQ(closing.connections(), 2);
  EXPECT_EQ(old.connections(), 2);
}

TEST(HttpClientTest, repeats_a_safe_request_once_when_its_kept_connection_had_died) {
  Client client;
  // Reads the second request of a connection and closes without an answer.
  RawServer server([](RawClient& peer, int) {
    peer.read_until("\r\n\r\n");
    peer.send(k_hello);
    peer.read_until("\r\n\r\n");
  });

  EXPECT_EQ(client.get(at(server)), "200 hello");
  EXPECT_EQ(client.get(at(server)), "200 hello");
  EXPECT_EQ(server.connections(), 2);
  EXPECT_EQ(client.get(at(server), {.method = "POST"}), "connection-terminated");
  EXPECT_EQ(server.connections(), 2);
}

TEST(HttpClientTest, does_not_use_a_connection_that_the_server_has_closed_meanwhile) {
  Client client;
  RawServer server([](RawClient& peer, int) {
    peer.read_until("\r\n\r\n");
    peer.send(k_hello);
  });
  EXPECT_EQ(client.get(at(server)), "200 hello");
  client.work(std::chrono::milliseconds(50));

  EXPECT_EQ(client.get(at(server), {.method = "POST"}), "200 hello");
}

TEST(HttpClientTest, looks_before_it_sends_what_cannot_be_repeated_on_a_kept_connection) {
  Client client;
  std::atomic<bool> closed = false;
  RawServer server([&](RawClient& peer, int) {
    peer.read_until("\r\n\r\n");
    peer.send(k_hello);
    peer.close();
    closed = true;
  });
  EXPECT_EQ(client.get(at(server)), "200 hello");
  while (!closed) std::this_thread::yield();  // and the client's loop does not run

  EXPECT_EQ(client.get(at(server), {.method = "POST"}), "200 hello");
  EXPECT_EQ(server.connections(), 2);
}

TEST(HttpClientTest, hands_a_connection_on_to_who_waits_for_the_same_origin) {
  Client client({{"allow_private", "true"}, {"connections", "1"}});
  RawServer server(always(std::string(k_hello)));
  std::vector<Guest> guests(10);

  for (auto& guest : guests) client.ask(guest, at(server), {});
  EXPECT_TRUE(client.wait([&] { return std::ranges::all_of(guests, &Guest::over); }));

  for (const auto& guest : guests) EXPECT_EQ(guest.text(), "200 hello");
  EXPECT_EQ(server.connections(), 1);
  client.endpoint.reset();  // closes what it keeps, so that the servers end
}

TEST(HttpClientTest, gives_the_place_of_a_connection_to_who_waits_for_another_origin) {
  Client client({{"allow_private", "true"}, {"connections", "1"}});
  RawServer one(always(std::string(k_hello))), two(always(std::string(k_hello)));
  Guest first, given_up, other, last;

  client.ask(first, at(one), {});
  client.ask(given_up, at(one), {});
  client.ask(other, at(two), {});
  client.ask(last, at(one), {});
  given_up.pending.cancel();
  EXPECT_TRUE(client.wait([&] { return first.over && other.over && last.over; }));

  EXPECT_EQ(other.text(), "200 hello");
  EXPECT_EQ(one.connections(), 2);
  EXPECT_EQ(client.endpoint->in_flight(), 0u);
  client.endpoint.reset();  // closes what it keeps, so that the servers end
}

TEST(HttpClientTest, streams_both_bodies_in_chunks_with_trailers) {
  Client client;
  std::string request;
  RawServer server([&](RawClient& peer, int) {
    request = peer.read_until("\r\n0\r\nx-sum: 42\r\n\r\n");
    peer.send("HTTP/1.1 201 Created\r\ntransfer-encoding: chunked\r\n\r\n");
    for (int i = 0; i < 3; ++i) peer.send("4\r\nabcd\r\n");
    peer.send("0\r\nx-count: 3\r\nset-cookie: no\r\n\r\n");
  });
  Guest guest;
  guest.upload = 200'000;

  client.ask(guest, at(server), {.method = "POST"});
  EXPECT_TRUE(client.wait([&] { return guest.over; }));

  EXPECT_EQ(guest.text(), "201 abcdabcdabcd");
  EXPECT_EQ(guest.trailers, "x-count=3;");
  EXPECT_THAT(request, HasSubstr("transfer-encoding: chunked"));
  EXPECT_GT(request.size(), 200'000u);
}

TEST(HttpClientTest, sends_a_body_of_known_length_without_chunks) {
  Client client;
  std::string head, body;
  RawServer server([&](RawClient& peer, int) {
    head = peer.read_until("\r\n\r\n");
    body = peer.read_bytes(100'000);
    peer.send(k_hello);
  });
  Guest guest;
  guest.upload = 100'000;

  client.ask(guest, at(server), {.method = "PUT", .headers = {{"content-length", "100000"}}});
  EXPECT_TRUE(client.wait([&] { return guest.over; }));

  EXPECT_EQ(guest.text(), "200 hello");
  EXPECT_EQ(body, std::string(100'000, 'u'));
  EXPECT_THAT(head, testing::Not(HasSubstr("chunked")));
}

TEST(HttpClientTest, knows_answers_without_a_body_and_skips_interim_ones) {
  Client client;
  RawServer head(always("HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\n"));
  RawServer empty(always("HTTP/1.1 204 No Content\r\n\r\n"));
  RawServer hints(
      always("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nlink: a\r\n\r\n" +
             std::string(k_hello)));

  EXPECT_EQ(client.get(at(head), {.method = "HEAD"}), "200 ");
  EXPECT_EQ(client.get(at(head), {.method = "HEAD"}), "200 ");
  EXPECT_EQ(client.get(at(empty)), "204 ");
  EXPECT_EQ(client.get(at(hints)), "200 hello");
  EXPECT_EQ(head.connections(), 1);
  client.endpoint.reset();  // closes what it keeps, so that the servers end
}

TEST(HttpClientTest, takes_an_answer_that_comes_before_the_request_was_read) {
  Client client;
  std::atomic<bool> over = false;
  RawServer server([&](RawClient& peer, int) {
    peer.read_until("\r\n\r\n");
    peer.send("HTTP/1.1 413 Content Too Large\r\ncontent-length: 3\r\n\r\nbig");
    while (!over) std::this_thread::yield();
  });
  Guest guest;
  guest.upload = 1ull << 40;

  client.ask(guest, at(server), {.method = "POST"});
  EXPECT_TRUE(client.wait([&] { return guest.over; }));
  over = true;

  EXPECT_EQ(guest.text(), "413 big");
}

TEST(HttpClientTest, reads_no_more_than_its_credit_and_sends_no_more_than_the_server_takes) {
  Client client;
  std::atomic<bool> over = false;
  std::atomic<std::size_t> sent = 0;
  RawServer endless([&](RawClient& peer, int) {
    peer.read_until("\r\n\r\n");
    peer.send("HTTP/1.1 200 OK\r\n\r\n");
    const std::string piece(16 * 1024, 'x');
    while (!over) {
      const auto some = peer.send_some(piece);
      sent += some;
      if (some == 0) std::this_thread::yield();
    }
  });
  RawServer deaf([&](RawClient&, int) {
    while (!over) std::this_thread::yield();
  });
  Guest reader, writer;
  reader.stalled = true;
  writer.upload = 1ull << 40;

  client.ask(reader, at(endless), {.credit = 100'000});
  client.ask(writer, at(deaf), {.method = "POST"});
  client.work(std::chrono::milliseconds(300));

  EXPECT_EQ(reader.received, 100'000u);
  EXPECT_LT(sent, 16u << 20);  // what the kernel's buffers hold
  const auto uploaded = writer.uploaded;
  EXPECT_LT(uploaded, 16u << 20);
  reader.credit(50'000);
  client.work(std::chrono::milliseconds(100));
  EXPECT_EQ(reader.received, 150'000u);
  EXPECT_EQ(writer.uploaded, uploaded);
  over = true;
  reader.pending.cancel();
  writer.pending.cancel();
}

TEST(HttpClientTest, names_what_is_wrong_with_a_response) {
  Client client;
  const auto answered = [&client](std::string answer) {
    RawServer server([&answer](RawClient& peer, int) {
      peer.read_until("\r\n\r\n");
      peer.send(answer);
    });
    return client.get(at(server));
  };

  EXPECT_EQ(answered(""), "connection-terminated");
  EXPECT_EQ(answered("HTTP/1.1 200 OK\r\ncontent-le"), "connection-terminated");
  EXPECT_EQ(answered("HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nhalf"),
            "HTTP-response-incomplete");
  EXPECT_EQ(answered("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n4\r\nhalf\r\n"),
            "HTTP-response-incomplete");
  EXPECT_EQ(answered("SSH-2.0-OpenSSH_9.2\r\n"), "HTTP-protocol-error");
  EXPECT_EQ(answered("HTTP/1.1 200 OK\r\ncontent-length: 5\r\ncontent-length: 6\r\n\r\nhello"),
            "HTTP-protocol-error");
  EXPECT_EQ(answered("HTTP/1.1 200 OK\r\ntransfer-encoding: gzip\r\n\r\nhello"),
            "HTTP-response-transfer-coding");
  EXPECT_EQ(answered("HTTP/1.1 200 OK\r\nx: " + std::string(100'000, 'y') + "\r\n\r\n"),
            "HTTP-response-header-section-size");
  EXPECT_EQ(answered("HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\n\r\n"),
            "HTTP-upgrade-failed");
  EXPECT_EQ(client.endpoint->in_flight(), 0u);
}

TEST(HttpClientTest, names_what_is_wrong_with_the_way_to_a_server) {
  Client client;
  client.names["silent.example"] = {};
  std::string closed;
  {
    RawServer gone([](RawClient&, int) {});
    closed = at(gone);
  }

  EXPECT_EQ(client.get(closed), "connection-refused");
  EXPECT_EQ(client.get("nowhere.example"), "DNS-error");
  EXPECT_EQ(client.get("silent.example", {.connect_timeout = std::chrono::milliseconds(50)}),
            "DNS-timeout");
  EXPECT_EQ(client.get("shop.example:0"), "HTTP-request-URI-invalid");
  EXPECT_EQ(client.endpoint->in_flight(), 0u);
}

TEST(HttpClientTest, tries_the_other_addresses_of_a_name) {
  Client client;
  RawServer server(always(std::string(k_hello)));
  client.names["both.example"] = {"::1", "127.0.0.2", "127.0.0.1"};

  EXPECT_EQ(client.get(at(server, "both.example")), "200 hello");

  RawServer six(always(std::string(k_hello)), RawServer::Family::v6);
  EXPECT_EQ(client.get("[::1]:" + std::to_string(six.port())), "200 hello");
  client.endpoint.reset();  // closes what it keeps, so that the servers end
}

TEST(HttpClientTest, refuses_addresses_that_lead_inside_also_behind_a_name) {
  Client client(contracts::Settings{});
  RawServer server(always(std::string(k_hello)));
  client.names["mapped.example"] = {"::ffff:127.0.0.1"};

  EXPECT_EQ(client.get(at(server)), "HTTP-request-denied");
  EXPECT_EQ(client.get(at(server, "127.0.0.1")), "HTTP-request-denied");
  EXPECT_EQ(client.get(at(server, "[::ffff:127.0.0.1]")), "HTTP-request-denied");
  EXPECT_EQ(client.get(at(server, "mapped.example")), "HTTP-request-denied");
  EXPECT_EQ(client.get("169.254.169.254"), "HTTP-request-denied");
  EXPECT_EQ(server.connections(), 0);
}

TEST(HttpClientTest, tells_once_which_host_was_refused_and_what_would_allow_it) {
  Client client(contracts::Settings{{"hosts", "shop.example"}});
  RawServer server(always(std::string(k_hello)));

  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(client.get(at(server)), "HTTP-request-denied");
    EXPECT_EQ(client.get("other.example"), "HTTP-request-denied");
  }

  EXPECT_THAT(client.logged,
              HasSubstr("its address 127.0.0.1 is loopback; to allow it, add '127.0.0.1' or its "
                        "network to `allow_private`"));
  EXPECT_THAT(client.logged, HasSubstr("add 'other.example' to `hosts`"));
  EXPECT_THAT(client.logged, HasSubstr("component=app-web"));
  EXPECT_EQ(std::ranges::count(client.logged, '\n'), 2);
}

TEST(HttpClientTest, tells_each_reason_for_which_a_host_was_refused_and_not_without_end) {
  Client client(contracts::Settings{{"ports", "443"}, {"schemes", "https"}});

  client.get("shop.example:80");
  client.get("shop.example:444", {.scheme = "https"});
  client.get("shop.example:444");
  for (int port = 1000; port < 1400; ++port) client.get("shop.example:" + std::to_string(port));

  EXPECT_THAT(client.logged, HasSubstr("add 'http' to `schemes`"));
  EXPECT_THAT(client.logged, HasSubstr("add '444' to `ports`"));
  EXPECT_THAT(client.logged, HasSubstr("256 refusals of requests were told in 10 minutes"));
  EXPECT_EQ(std::ranges::count(client.logged, '\n'), 257);
}

TEST(HttpClientTest, leaves_descriptors_to_the_rest_of_the_process) {
  Client client;
  RawServer server([](RawClient& peer, int) { peer.read_all(); });
  RawServer other(always(std::string(k_hello)));
  EXPECT_EQ(client.get(at(other)), "200 hello");
  std::vector<Guest> guests(20);

  for (auto& guest : guests) client.ask(guest, at(server), {});
  EXPECT_EQ(client.get(at(server)), "connection-limit-reached");

  EXPECT_THAT(client.logged, HasSubstr("raise it (ulimit -n, LimitNOFILE)"));
  client.endpoint.reset();
  EXPECT_NE(client.places.take(), nullptr);
}

TEST(HttpClientTest, serves_all_but_https_where_the_system_has_no_certificates) {
  Client client({{"allow_private", "true"}}, fail(Errc::unavailable, "install ca-certificates"));
  RawServer server(always(std::string(k_hello)));

  for (int i = 0; i < 2; ++i)
    EXPECT_EQ(client.get(at(server), {.scheme = "https"}), "TLS-certificate-error");
  EXPECT_EQ(client.get(at(server)), "200 hello");

  EXPECT_THAT(client.logged, HasSubstr("install ca-certificates, in `ca_file`"));
  EXPECT_EQ(std::ranges::count(client.logged, '\n'), 1);
  EXPECT_EQ(server.connections(), 1);
  client.endpoint.reset();  // closes what it keeps, so that the servers end
}

TEST(HttpClientTest, closes_the_connection_of_a_request_that_nobody_waits_for) {
  Client client;
  std::atomic<bool> left = false;
  RawServer server([&](RawClient& peer, int) {
    peer.read_until("\r\n\r\n");
    peer.send("HTTP/1.1 200 OK\r\n\r\nbegin");
    peer.read_all();
    left = peer.closed;
  });
  Guest guest;
  client.ask(guest, at(server));
  EXPECT_TRUE(client.wait([&] { return guest.body == "begin"; }));

  guest.pending.cancel();

  EXPECT_TRUE(client.wait([&] { return left.load(); }));
  EXPECT_EQ(client.endpoint->in_flight(), 0u);
  EXPECT_FALSE(guest.over);
}

TEST(HttpClientTest, opens_no_more_connections_than_it_may) {
  Client client({{"allow_private", "true"}, {"connections", "1"}});
  std::atomic<bool> answer = false;
  RawServer server([&](RawClient& peer, int) {
    while (!peer.read_until("\r\n\r\n").empty()) {
      while (!answer) std::this_thread::yield();
      peer.send(k_hello);
    }
  });
  Guest first, second, late;

  client.ask(first, at(server));
  client.ask(second, at(server));
  client.ask(late, at(server), {.connect_timeout = std::chrono::milliseconds(50)});
  EXPECT_TRUE(client.wait([&] { return late.over; }));
  EXPECT_EQ(server.connections(), 1);
  answer = true;
  EXPECT_TRUE(client.wait([&] { return first.over && second.over; }));

  EXPECT_EQ(late.text(), "connection-limit-reached");
  EXPECT_EQ(first.text(), "200 hello");
  EXPECT_EQ(second.text(), "200 hello");
  client.endpoint.reset();  // closes what it keeps, so that the servers end
}

TEST(HttpClientTest, answers_its_calls_when_it_ends) {
  Client client;
  RawServer server([](RawClient& peer, int) { peer.read_all(); });
  Guest guest, dialling;
  client.ask(guest, at(server));
  client.work(std::chrono::milliseconds(20));
  client.ask(dialling, at(server));
  EXPECT_EQ(client.endpoint->in_flight(), 2u);

  client.endpoint.reset();

  EXPECT_EQ(guest.text(), "connection-terminated");
  EXPECT_EQ(dialling.error->code, Errc::unavailable);
  client.work(std::chrono::milliseconds(20));
}

TEST(HttpClientTest, answers_its_calls_before_its_provider_is_closed) {
  Client client;
  RawServer server([](RawClient& peer, int) { peer.read_all(); });
  Guest guest, late;
  client.ask(guest, at(server), {});
  client.work(std::chrono::milliseconds(20));

  std::atomic<bool> closed = false;
  std::thread control([&] {
    client.provider_.close();
    closed = true;
  });
  client.work(std::chrono::milliseconds(20));
  EXPECT_TRUE(client.wait([&] { return guest.over; }));
  control.join();

  EXPECT_EQ(guest.error->code, Errc::unavailable);
  client.ask(late, at(server), {});
  EXPECT_EQ(late.error->code, Errc::unavailable);
  EXPECT_FALSE(client.provider_.open(client.io.get_executor(), {}));
  client.endpoint.reset();
}

TEST(HttpClientTest, closes_connections_that_nobody_has_used_for_long) {
  Client client({{"allow_private", "true"}, {"keep", "100ms"}});
  std::atomic<bool> left = false;
  RawServer server([&](RawClient& peer, int) {
    peer.read_until("\r\n\r\n");
    peer.send(k_hello);
    peer.read_all();
    left = peer.closed;
  });
  EXPECT_EQ(client.get(at(server)), "200 hello");
  EXPECT_FALSE(left);

  EXPECT_TRUE(client.wait([&] { return left.load(); }));
}

}  // namespace
}  // namespace weft::providers::http_client
