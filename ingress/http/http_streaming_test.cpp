// Bodies in both directions, and clients that do not keep up or go away.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "ingress/http/scenario.h"
#include "tests/support/raw_client.h"

#include <fmt/format.h>

#include <thread>

namespace weft::ingress {
namespace {

using ::testing::EndsWith;
using testing::eventually;
using ::testing::HasSubstr;
using ::testing::Not;
using testing::Scenario;
using ::testing::StartsWith;
using tests::RawClient;

constexpr std::uint64_t k_credit = 256 * 1024;

std::string unchunked(std::string_view text) {
  std::string body;
  while (!text.empty()) {
    const auto end = text.find("\r\n");
    const auto size = std::stoul(std::string(text.substr(0, end)), nullptr, 16);
    body += text.substr(end + 2, size);
    if (size == 0) break;
    text.remove_prefix(end + 2 + size + 2);
  }
  return body;
}

TEST(HttpBody, is_echoed_while_it_arrives) {
  Scenario scenario;
  RawClient client(scenario.port);

  client.send("POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nfirst\r\n");
  EXPECT_THAT(client.read_until("first\r\n"), EndsWith("\r\n\r\n5\r\nfirst\r\n"));
  client.send("6\r\nsecond\r\n");
  EXPECT_EQ(client.read_until("second\r\n"), "6\r\nsecond\r\n");
  client.send("0\r\n\r\n");
  EXPECT_EQ(client.read_until("\r\n\r\n"), "0\r\n\r\n");
}

TEST(HttpBody, of_some_megabytes_comes_back_unchanged_in_both_framings) {
  Scenario scenario;
  std::string sent;
  for (int i = 0; sent.size() < (4u << 20); ++i) sent += std::to_string(i) + ",";
  std::string chunks;
  for (std::size_t at = 0, size = 1; at < sent.size(); at += size, size = size * 3 % 70'001 + 1) {
    size = std::min(size, sent.size() - at);
    chunks += fmt::format("{:x}\r\n", size) + sent.substr(at, size) + "\r\n";
  }
  const std::string requests[] = {
      "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: " + std::to_string(sent.size()) +
          "\r\n\r\n" + sent,
      "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n" + chunks +
          "0\r\n\r\n"};

  for (const auto& request : requests) {
    RawClient client(scenario.port);
    std::thread sender([&] { client.send(request); });
    const auto head = client.read_until("\r\n\r\n");
    const auto body = client.read_until("\r\n0\r\n\r\n");
    sender.join();

    EXPECT_THAT(head, HasSubstr("transfer-encoding: chunked"));
    EXPECT_TRUE(unchunked(body) == sent);
  }
}

TEST(HttpBody, carries_trailers_both_ways) {
  Scenario scenario;
  RawClient client(scenario.port);

  client.send(
      "POST /trailers HTTP/1.1\r\nHost: a\r\nTE: trailers\r\nTransfer-Encoding: "
      "chunked\r\n\r\n3\r\nabc\r\n");
  (void)client.read_until("abc\r\n");
  client.send("0\r\nX-Sum: 6\r\n\r\n");

  EXPECT_EQ(client.read_until("\r\n\r\n"), "0\r\nX-Sum: 6\r\n\r\n");

  for (const auto* body : {"3\r\nabc\r\n0\r\nX-Sum: 6\r\n\r\n", "0\r\nX-Sum: 0\r\nX-B: \r\n\r\n"}) {
    client.send(std::string("POST /trailers HTTP/1.1\r\nHost: a\r\nTE: trailers\r\n"
                            "Transfer-Encoding: chunked\r\n\r\n") +
                body);
    (void)client.read_until("\r\n\r\n");
    EXPECT_EQ(client.read_until("\r\n\r\n"), body);
  }
}

TEST(HttpBody, is_asked_for_only_when_it_is_read) {
  Scenario scenario;
  RawClient reading(scenario.port), ignoring(scenario.port);

  reading.send(
      "POST /late HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n");
  EXPECT_EQ(reading.read_until("\r\n\r\n"), "HTTP/1.1 100 Continue\r\n\r\n");
  reading.send("ab");
  EXPECT_THAT(reading.read_response(), EndsWith("\r\n\r\n2"));

  ignoring.send(
      "POST /ignore HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n");
  const auto response = ignoring.read_response();
  EXPECT_THAT(response, StartsWith("HTTP/1.1 200"));
  EXPECT_THAT(response, HasSubstr("connection: close"));
}

TEST(HttpBody, that_stalls_does_not_cut_an_answer_that_is_complete) {
  net::HttpServerSettings settings;
  settings.http.body_timeout = std::chrono::milliseconds(30);
  Scenario scenario(settings);
  RawClient slow(scenario.port, 4096), stalled(scenario.port);
  slow.send("POST /hasty/16000000 HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nabc");
  ASSERT_TRUE(eventually([&] { return scenario.application.calls == 1; }));

  stalled.send("POST /late HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nabc");
  ASSERT_THAT(stalled.read_all(), StartsWith("HTTP/1.1 408"));  // so the time of `slow` passed too

  (void)slow.read_until("\r\n\r\n");
  EXPECT_EQ(slow.read_bytes(16'000'000).size(), 16'000'000u);
}

TEST(HttpBody, that_nobody_read_does_not_become_the_next_request) {
  Scenario scenario;
  RawClient client(scenario.port);

  client.send(
      "POST /ignore HTTP/1.1\r\nHost: a\r\nContent-Length: 35\r\n\r\n"
      "GET /fail/9 HTTP/1.1\r\nHost: inner\r\n\r"
      "GET /hello HTTP/1.1\r\nHost: a\r\n\r\n");

  EXPECT_THAT(client.read_response(), EndsWith("hello"));
  const auto next = client.read_response();
  EXPECT_THAT(next, Not(HasSubstr("500")));
  EXPECT_LE(scenario.application.calls, 2);
}

TEST(HttpBody, waits_in_the_guest_when_the_client_reads_slowly) {
  Scenario scenario;
  RawClient client(scenario.port, 4096);
  constexpr std::uint64_t size = 32u << 20;

  client.send("GET /bytes/" + std::to_string(size) + " HTTP/1.1\r\nHost: a\r\n\r\n");
  (void)client.read_until("\r\n\r\n");
  RawClient other(scenario.port);
  other.send("GET /hello HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_THAT(other.read_response(), EndsWith("hello"));
  const auto body = client.read_until("\r\n0\r\n\r\n");

  EXPECT_EQ(unchunked(body).size(), size);
  EXPECT_LE(scenario.application.most_unsent, k_credit);
}

TEST(HttpBody, waits_in_the_kernel_when_the_guest_does_not_read) {
  Scenario scenario;
  RawClient client(scenario.port);
  client.send("POST /never HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000000\r\n\r\n");
  ASSERT_TRUE(eventually([&] { return scenario.application.calls == 1; }));
  const std::string piece(64 * 1024, 'x');

  std::size_t taken = 0;
  int refused = 0;
  while (refused < 2000 && taken < (64u << 20)) {
    const auto sent = client.send_some(piece);
    taken += sent;
    refused = sent == 0 ? refused + 1 : 0;
    scenario.on_server([] {});
  }

  EXPECT_LT(taken, 64u << 20);
  client.reset();  // a FIN would not arrive behind what waits
  EXPECT_TRUE(eventually([&] { return scenario.application.cancelled == 1; }));
}

TEST(HttpClient, that_leaves_while_it_waits_cancels_its_call) {
  Scenario scenario;
  int cancelled = 0;
  for (const auto leave : {&RawClient::close, &RawClient::reset}) {
    RawClient client(scenario.port);
    client.send("GET /never HTTP/1.1\r\nHost: a\r\n\r\n");
    ASSERT_TRUE(eventually([&] { return scenario.application.calls == cancelled + 1; }));

    (client.*leave)();

    ++cancelled;
    EXPECT_TRUE(eventually([&] { return scenario.application.cancelled == cancelled; }));
  }
  EXPECT_TRUE(eventually([&] { return scenario.metrics.client_left.value() == 2; }));
}

TEST(HttpClient, that_leaves_in_the_middle_of_its_body_cancels_its_call) {
  Scenario scenario;
  RawClient client(scenario.port);
  client.send("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nabc");
  (void)client.read_until("abc");

  client.close();

  EXPECT_TRUE(eventually([&] { return scenario.application.cancelled == 1; }));
}

TEST(HttpClient, that_leaves_in_the_middle_of_its_answer_cancels_its_call) {
  Scenario scenario;
  RawClient client(scenario.port, 4096);
  client.send("GET /bytes/1000000000 HTTP/1.1\r\nHost: a\r\n\r\n");
  (void)client.read_until("\r\n\r\n");

  client.close();

  EXPECT_TRUE(eventually([&] { return scenario.application.cancelled == 1; }));
}

TEST(HttpClient, that_leaves_while_its_answer_pauses_cancels_its_call) {
  Scenario scenario;
  RawClient client(scenario.port);
  client.send("GET /begin HTTP/1.1\r\nHost: a\r\n\r\n");
  (void)client.read_until("some");

  client.close();

  EXPECT_TRUE(eventually([&] { return scenario.application.cancelled == 1; }));
  EXPECT_TRUE(eventually([&] { return scenario.metrics.client_left.value() == 1; }));
}

TEST(HttpClient, that_half_closes_still_gets_its_answers) {
  Scenario scenario;
  RawClient client(scenario.port);

  client.send(
      "GET /bytes/3000000 HTTP/1.1\r\nHost: a\r\n\r\nGET /hello HTTP/1.1\r\nHost: a\r\n\r\n");
  client.half_close();
  const auto all = client.read_all();

  EXPECT_THAT(all, EndsWith("\r\n\r\nhello"));
  EXPECT_GT(all.size(), 3'000'000u);
  EXPECT_EQ(scenario.application.cancelled, 0);
}

TEST(HttpClient, that_half_closes_and_waits_is_told_that_its_request_is_processed) {
  Scenario scenario;
  RawClient client(scenario.port);

  client.send("GET /never HTTP/1.1\r\nHost: a\r\n\r\n");
  client.half_close();

  EXPECT_EQ(client.read_until("\r\n\r\n"), "HTTP/1.1 102 Processing\r\n\r\n");
  EXPECT_EQ(scenario.application.cancelled, 0);
}

TEST(HttpClient, that_half_closes_keeps_its_call_while_its_answer_pauses) {
  Scenario scenario;
  RawClient client(scenario.port);
  client.send("GET /begin HTTP/1.1\r\nHost: a\r\n\r\n");
  (void)client.read_until("some\r\n");

  client.half_close();

  EXPECT_EQ(client.read_bytes(1), "0");
  EXPECT_EQ(scenario.application.cancelled, 0);
}

}  // namespace
}  // namespace weft::ingress
