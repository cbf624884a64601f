// What a well-behaved client sees.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fmt/format.h>

#include <memory>
#include <optional>
#include <vector>

#include "ingress/http/scenario.h"
#include "tests/support/raw_client.h"

namespace weft::ingress {
namespace {

using ::testing::EndsWith;
using testing::eventually;
using ::testing::HasSubstr;
using ::testing::Not;
using testing::Scenario;
using ::testing::StartsWith;
using tests::RawClient;

constexpr std::string_view k_hello = "GET /hello HTTP/1.1\r\nHost: a\r\n\r\n";

TEST(HttpListener, answers_a_request) {
  Scenario scenario;
  RawClient client(scenario.port);

  client.send(k_hello);
  const auto response = client.read_response();

  EXPECT_THAT(response, StartsWith("HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\ndate: "));
  EXPECT_THAT(response, EndsWith("content-length: 5\r\n\r\nhello"));
}

TEST(HttpListener, keeps_the_connection_for_the_next_request) {
  Scenario scenario;
  RawClient client(scenario.port);

  for (int i = 0; i < 3; ++i) {
    client.send(k_hello);
    EXPECT_THAT(client.read_response(), EndsWith("hello"));
  }
  EXPECT_EQ(scenario.metrics.connections.value(), 1u);
}

TEST(HttpListener, answers_pipelined_requests_in_their_order) {
  Scenario scenario;
  RawClient client(scenario.port);

  client.send(
      "POST /late HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nabcd"
      "\r\nGET /hello HTTP/1.1\r\nHost: a\r\n\r\n"
      "POST /late HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: "
      "chunked\r\n\r\n2\r\nab\r\n1\r\nc\r\n0\r\n\r\n"
      "GET /hello HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");

  EXPECT_THAT(client.read_response(), EndsWith("\r\n\r\n4"));
  EXPECT_THAT(client.read_response(), EndsWith("\r\n\r\nhello"));
  EXPECT_THAT(client.read_response(), EndsWith("\r\n\r\n3"));
  EXPECT_THAT(client.read_all(), EndsWith("connection: close\r\n\r\nhello"));
  EXPECT_TRUE(client.closed);
}

TEST(HttpListener, understands_a_head_that_arrives_byte_by_byte) {
  Scenario scenario;
  RawClient client(scenario.port);

  for (const char c : k_hello) client.send({&c, 1});

  EXPECT_THAT(client.read_response(), EndsWith("hello"));
}

TEST(HttpListener, sends_no_body_to_head) {
  Scenario scenario;
  RawClient client(scenario.port);

  client.send("HEAD /hello HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_THAT(client.read_until("\r\n\r\n"), StartsWith("HTTP/1.1 200 OK"));
  client.send("GET /hello HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_THAT(client.read_response(), StartsWith("HTTP/1.1 200 OK"));
}

TEST(HttpListener, sends_no_body_and_no_length_with_204_and_304) {
  Scenario scenario;
  RawClient client(scenario.port);

  for (const auto* path : {"/empty/204", "/empty/304"}) {
    client.send(std::string("GET ") + path + " HTTP/1.1\r\nHost: a\r\n\r\n");
    EXPECT_THAT(client.read_until("\r\n\r\n"), Not(HasSubstr("content-length")));
  }
  client.send(k_hello);
  EXPECT_THAT(client.read_response(), EndsWith("hello"));
}

TEST(HttpListener, hands_over_the_request_without_what_belongs_to_the_connection) {
  Scenario scenario;
  RawClient client(scenario.port);

  client.send(
      "GET http://b.example:9/fields HTTP/1.1\r\nHost: a\r\nX-A: 1\r\nConnection: "
      "keep-alive\r\nKeep-Alive: "
      "5\r\nX-A: 2\r\n\r\n");

  EXPECT_THAT(client.read_response(),
              EndsWith("\r\n\r\nGET b.example:9 /fields\nHost=b.example:9\nX-A=1\nX-A=2\n"));
}

TEST(HttpListener, hands_over_no_field_that_the_connection_claims) {
  Scenario scenario;
  RawClient client(scenario.port);

  client.send(
      "GET /fields HTTP/1.1\r\nHost: a\r\nX-Mine: 1\r\nX-A: 2\r\nConnection: keep-alive\r\n"
      "Connection: close, x-mine\r\n\r\n");

  EXPECT_THAT(client.read_response(), EndsWith("\r\n\r\nGET a /fields\nHost=a\nX-A=2\n"));
}

TEST(HttpListener, serves_http_1_0_by_closing_unless_asked_to_keep) {
  Scenario scenario;
  RawClient closing(scenario.port), keeping(scenario.port);

  closing.send("GET /hello HTTP/1.0\r\n\r\n");
  keeping.send("GET /hello HTTP/1.0\r\nHost: a\r\nConnection: keep-alive\r\n\r\n");

  EXPECT_THAT(closing.read_all(), EndsWith("connection: close\r\n\r\nhello"));
  EXPECT_TRUE(closing.closed);
  EXPECT_THAT(keeping.read_response(), HasSubstr("connection: keep-alive\r\n"));
}

TEST(HttpListener, says_which_host_and_path_nobody_serves) {
  Scenario scenario;
  scenario.on_server([&] {
    Route route;
    route.address = scenario.listener->address();
    route.host = "shop.example";
    scenario.listener->set_router(*Router::make({route}));
  });
  RawClient client(scenario.port);

  client.send("GET /cart?x HTTP/1.1\r\nHost: other.example:80\r\n\r\n");
  const auto response = client.read_response();

  EXPECT_THAT(response, StartsWith("HTTP/1.1 404 Not Found"));
  EXPECT_THAT(response, HasSubstr("host other.example path /cart here"));
}

TEST(HttpListener, tells_failures_by_status_and_ids_but_never_by_their_details) {
  Scenario scenario;
  RawClient client(scenario.port);
  const std::pair<Errc, const char*> cases[] = {
      {Errc::not_found, "502"},   {Errc::invalid, "502"},   {Errc::denied, "502"},
      {Errc::unavailable, "503"}, {Errc::timed_out, "504"}, {Errc::exhausted, "500"},
      {Errc::conflict, "502"},    {Errc::trapped, "500"},   {Errc::internal, "500"},
      {Errc::cancelled, "503"}};

  for (const auto& [code, status] : cases) {
    client.send("GET /fail/" + std::to_string(static_cast<int>(code)) +
                " HTTP/1.1\r\nHost: a\r\n\r\n");
    const auto response = client.read_response();

    EXPECT_THAT(response, StartsWith(std::string("HTTP/1.1 ") + status));
    EXPECT_THAT(response, HasSubstr("\nrequest "));
    EXPECT_THAT(response, Not(HasSubstr("secret")));
    EXPECT_EQ(response.find("retry-after: 1") != response.npos, std::string_view(status) == "503");
  }
}

TEST(HttpListener, answers_failures_as_json_to_who_prefers_it_and_keeps_the_trace_of_the_caller) {
  Scenario scenario;
  RawClient client(scenario.port);

  client.send(
      "GET /fail/8 HTTP/1.1\r\nHost: a\r\nAccept: text/html;q=0.3, application/json\r\n"
      "traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01\r\n\r\n");
  const auto response = client.read_response();

  EXPECT_THAT(response, HasSubstr("content-type: application/json"));
  EXPECT_THAT(response, HasSubstr(R"("trace":"0af7651916cd43dd8448eb211c80319c"})"));
  std::string logged;
  scenario.on_server([&] { logged = scenario.logged; });
  EXPECT_THAT(logged, HasSubstr("secret details"));
}

TEST(HttpListener, warns_of_a_failure_unless_the_engine_has_reported_it) {
  Scenario scenario;
  RawClient client(scenario.port);
  const auto logged_at = [&](Errc code) {
    scenario.on_server([&] { scenario.logged.clear(); });
    client.send(fmt::format("GET /fail/{} HTTP/1.1\r\nHost: a\r\n\r\n", static_cast<int>(code)));
    (void)client.read_response();
    std::string logged;
    scenario.on_server([&] { logged = scenario.logged; });
    return logged;
  };

  EXPECT_THAT(logged_at(Errc::internal), HasSubstr(" warn  secret details"));
  EXPECT_THAT(logged_at(Errc::trapped), HasSubstr(" debug secret details"));
}

TEST(HttpListener, answers_500_when_its_callee_fails_in_the_middle_of_a_body) {
  Scenario scenario;
  RawClient client(scenario.port);
  client.send("POST /lost HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\n");
  ASSERT_TRUE(eventually([&] { return scenario.application.wants == 1; }));

  client.send(std::string(8 * 1024, 'x'));

  const auto response = client.read_response();
  EXPECT_THAT(response, StartsWith("HTTP/1.1 500"));
  EXPECT_THAT(response, HasSubstr("\nrequest "));
}

TEST(HttpListener, breaks_the_connection_when_a_response_fails_after_it_was_sent_in_part) {
  Scenario scenario;
  RawClient client(scenario.port);

  client.send("GET /bytes/100000000 HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_THAT(client.read_until("\r\n\r\n"), HasSubstr("chunked"));
  scenario.on_server([&] { scenario.listener->close(); });

  EXPECT_THAT(client.read_all(), Not(EndsWith("0\r\n\r\n")));
  EXPECT_TRUE(client.closed);
}

TEST(HttpListener, replaces_a_response_that_failed_before_anything_was_sent) {
  Scenario scenario;
  RawClient client(scenario.port);

  client.send("GET /half HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_THAT(client.read_response(), StartsWith("HTTP/1.1 500"));
  client.send(k_hello);
  EXPECT_THAT(client.read_response(), EndsWith("hello"));
}

TEST(HttpListener, answers_502_and_cancels_when_a_response_must_not_be_sent) {
  Scenario scenario;
  RawClient client(scenario.port);

  client.send("GET /bad HTTP/1.1\r\nHost: a\r\n\r\n");

  EXPECT_THAT(client.read_response(), StartsWith("HTTP/1.1 502"));
  EXPECT_EQ(scenario.application.cancelled, 1);
}

TEST(HttpListener, drains_by_finishing_what_is_under_way) {
  Scenario scenario;
  RawClient idle(scenario.port), busy(scenario.port);
  idle.send(k_hello);
  (void)idle.read_response();
  busy.send("POST /late HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nab");
  ASSERT_TRUE(eventually([&] { return scenario.application.wants > 0; }));

  scenario.start_drain(std::chrono::seconds(60));

  EXPECT_EQ(idle.read_all(), "");
  EXPECT_TRUE(idle.closed);
  EXPECT_THROW(RawClient{scenario.port}, std::runtime_error);
  busy.send("cd");
  EXPECT_THAT(busy.read_all(), HasSubstr("connection: close\r\n"));
  EXPECT_TRUE(scenario.drained());
}

TEST(HttpListener, serves_those_who_had_connected_when_a_drain_begins) {
  Scenario scenario;
  std::optional<RawClient> asking, silent;

  scenario.start_drain(std::chrono::seconds(60), [&] {
    asking.emplace(scenario.port);
    asking->send(k_hello);
    silent.emplace(scenario.port);
  });

  const auto answer = asking->read_all();
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 200"));
  EXPECT_THAT(answer, HasSubstr("connection: close\r\n"));
  EXPECT_EQ(silent->read_all(), "");
  EXPECT_TRUE(silent->closed);
  EXPECT_TRUE(scenario.drained());
}

// Whether the first of them is being accepted, has been, or waits, when the drain begins.
TEST(HttpListener, serves_all_who_had_connected_wherever_accepting_stands_when_a_drain_begins) {
  for (int turns = 0; turns < 8; ++turns) {
    Scenario scenario;
    std::vector<std::unique_ptr<RawClient>> clients;
    scenario.start_drain(
        std::chrono::seconds(60),
        [&] {
          for (int i = 0; i < 3; ++i) {
            clients.push_back(std::make_unique<RawClient>(scenario.port));
            clients.back()->send(k_hello);
          }
        },
        turns);

    for (const auto& client : clients) {
      EXPECT_THAT(client->read_all(), StartsWith("HTTP/1.1 200")) << turns;
    }
    EXPECT_TRUE(scenario.drained());
  }
}

TEST(HttpListener, ends_what_does_not_finish_by_the_deadline_of_the_drain) {
  Scenario scenario;
  RawClient client(scenario.port);
  client.send("GET /never HTTP/1.1\r\nHost: a\r\n\r\n");
  ASSERT_TRUE(eventually([&] { return scenario.application.calls == 1; }));

  scenario.start_drain(std::chrono::milliseconds(20));

  EXPECT_TRUE(scenario.drained());
  EXPECT_EQ(scenario.application.cancelled, 1);
}

TEST(HttpListener, ends_a_drain_at_once_when_it_is_closed) {
  Scenario scenario;
  RawClient client(scenario.port);
  client.send("GET /never HTTP/1.1\r\nHost: a\r\n\r\n");
  ASSERT_TRUE(eventually([&] { return scenario.application.calls == 1; }));
  scenario.start_drain(std::chrono::hours(1));

  scenario.on_server([&] { scenario.listener->close(); });

  EXPECT_TRUE(scenario.drained());
}

TEST(HttpListener, writes_the_access_log) {
  SystemClock clock;
  std::string lines;
  LineAccessLog access(AccessFormat::json, clock, [&](std::string_view line) { lines += line; });
  Scenario scenario({}, &access);
  RawClient client(scenario.port);

  client.send("GET /hello?x HTTP/1.1\r\nHost: a\r\n\r\nrubbish\r\n\r\n");
  (void)client.read_all();

  scenario.on_server([&] {
    EXPECT_THAT(
        lines,
        HasSubstr(
            R"("method":"GET","host":"a","target":"/hello?x","component":"test-app","status":200)"));
    EXPECT_THAT(lines,
                HasSubstr(R"("method":"","host":"","target":"","component":"","status":400)"));
  });
}

// What the access log says in text of the requests in `bytes`.
std::string access_lines(std::string_view bytes) {
  SystemClock clock;
  std::string lines;
  LineAccessLog access(AccessFormat::text, clock, [&](std::string_view line) { lines += line; });
  Scenario scenario({}, &access);
  RawClient client(scenario.port);
  client.send(bytes);
  (void)client.read_all();
  scenario.on_server([] {});
  return lines;
}

TEST(HttpListener, reads_heads_as_large_as_a_route_wants_them_from_when_it_is_set) {
  Scenario scenario;
  std::string large = "GET /hello HTTP/1.1\r\nHost: a\r\nX: " + std::string(200'000, 'x');
  for (int field = 0; field < 300; ++field) large += "\r\nX-" + std::to_string(field) + ": y";
  large += "\r\n\r\n";
  RawClient before(scenario.port), after(scenario.port);
  after.send(k_hello);
  EXPECT_THAT(after.read_response(), EndsWith("hello"));
  before.send(large);
  EXPECT_THAT(before.read_until("\r\n"), StartsWith("HTTP/1.1 431"));

  scenario.on_server([&] {
    Route route;
    route.address = scenario.listener->address();
    route.source = ComponentId("test-http");
    route.link = LinkName("default");
    route.head = {.header_count = 400, .header_bytes = 300'000};
    scenario.listener->set_router(*Router::make({route}));
  });

  after.send(large);
  EXPECT_THAT(after.read_response(), EndsWith("hello"));
}

TEST(HttpListener, logs_what_it_understood_of_a_refused_request) {
  EXPECT_THAT(access_lines("GET /two HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n"),
              HasSubstr("\"GET /two HTTP/1.1\" 400"));
  EXPECT_THAT(access_lines("PUT /bare HTTP/1.1\nHost: a\n\n"),
              HasSubstr("\"PUT /bare HTTP/1.1\" 400"));
  EXPECT_THAT(access_lines("GET /old HTTP/3.0\r\n\r\n"), HasSubstr("\"GET /old HTTP/3.0\" 505"));
  EXPECT_THAT(access_lines("GET /" + std::string(20'000, 'a')), HasSubstr("\"GET /aaa"));
  EXPECT_THAT(
      access_lines("POST /odd HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nZZ\r\n"),
      HasSubstr("\"POST /odd HTTP/1.1\" 400"));
  EXPECT_THAT(access_lines("rubbish\r\n\r\n"), HasSubstr("\"-\" 400"));
}

TEST(HttpListener, logs_the_version_and_the_bytes_that_were_sent) {
  EXPECT_THAT(access_lines("GET /hello HTTP/1.0\r\nHost: a\r\n\r\n"),
              HasSubstr("\"GET /hello HTTP/1.0\" 200 5 "));
  EXPECT_THAT(access_lines("HEAD /hello HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"),
              HasSubstr("\"HEAD /hello HTTP/1.1\" 200 0 "));
}

}  // namespace
}  // namespace weft::ingress
