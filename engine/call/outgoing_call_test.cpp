// Requests of the guest `proxy`, answered by another guest or by what the test says.
#include "engine/call/outgoing_call.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "engine/call/test_rig.h"

namespace weft::engine {
namespace {

using contracts::Body;
using contracts::Header;
using contracts::HttpCode;
using contracts::Pending;
using test::Asker;
using test::Rig;
using testing::HasSubstr;

// Takes requests and leaves the answer to the test.
class Upstream final : public contracts::Invoker,
                       public contracts::Call,
                       public contracts::HttpCallee {
 public:
  Pending invoke(contracts::Invocation invocation, contracts::Replier& replier) override {
    const auto& call = std::get<contracts::HttpCall>(invocation.payload);
    ++calls;
    context = invocation.context;
    contract = invocation.contract;
    source = invocation.source;
    line = std::string(call.request->method) + " " + std::string(call.request->scheme) + "://" +
           std::string(call.request->authority) + std::string(call.request->target);
    for (const auto& header : call.request->headers)
      headers += std::string(header.name) + "=" + std::string(header.value) + ";";
    connect_timeout = call.request->connect_timeout;
    more = call.request->body_state == Body::more;
    given_credit = call.request->credit;
    caller = call.caller;
    replier_ = &replier;
    if (!connecting) caller->on_sent();
    if (failing) {
      replier.on_reply({fail(Errc::unavailable, "down"), *failing});
      return {};
    }
    return Pending(*this);
  }
  void cancel() noexcept override { ++cancelled; }
  void push(std::string_view chunk, Body state, std::span<const Header> trailers) override {
    body += chunk;
    ended = state == Body::ended;
    for (const auto& trailer : trailers) body += "|" + std::string(trailer.value);
  }
  void credit(std::size_t bytes) override { given_credit += bytes; }
  void reply() { replier_->on_reply({contracts::Image()}); }
  void reply_with(Error error) { replier_->on_reply({std::unexpected(std::move(error))}); }

  std::optional<HttpCode> failing;  // at once
  bool connecting = false;          // for as long as the test wants
  int calls = 0, cancelled = 0;
  contracts::Context context;
  std::string contract, source, line, headers, body;
  std::chrono::nanoseconds connect_timeout{};
  bool more = false, ended = false;
  std::size_t given_credit = 0;
  contracts::HttpCaller* caller = nullptr;

 private:
  contracts::Replier* replier_ = nullptr;
};

class Outgoing : public testing::Test {
 protected:
  ComponentShard& proxy(contracts::Invoker& target,
                        const std::function<void(ComponentSpec&)>& change = {}) {
    return rig.shard(rig.component("proxy", change), target);
  }
  // Until the upstream has got `n` calls.
  bool taken(int n = 1) {
    return rig.wait([&] { return upstream.calls == n; });
  }

  Rig rig;
  Upstream upstream;
  Asker asker;
};

TEST_F(Outgoing, requests_reach_a_component_that_answers_http) {
  auto& hello = rig.shard("hello");
  auto& front = proxy(hello);

  EXPECT_EQ(rig.get(front, "/to/shop.example/"), "200 hello world\n");
  EXPECT_THAT(rig.get(front, "/to/shop.example:81/head"),
              HasSubstr("Get Some(Scheme::Http) Some(\"shop.example:81\") Some(\"/head\")\n"
                        "x-test: yes"));
  EXPECT_EQ(hello.in_flight(), 0u);
  EXPECT_EQ(front.in_flight(), 0u);
}

TEST_F(Outgoing, bodies_and_trailers_stream_both_ways_between_components) {
  auto& hello = rig.shard("hello");
  auto& front = proxy(hello);
  asker.method = "POST";
  asker.body = std::string(5 << 20, 'x');
  asker.trailers = {{"x-sum", "42"}};

  rig.finish(front, asker, "/to/shop.example/echo");

  EXPECT_EQ(asker.status, 200);
  EXPECT_EQ(asker.response.size(), 5u << 20);
  EXPECT_EQ(asker.response_trailers, "x-sum: 42, ");
}

TEST_F(Outgoing, calls_carry_what_the_switchboard_needs) {
  contracts::Context context;
  context.request = 7;
  context.trace = TraceContext::make(rig.random);
  context.hops = 2;
  context.deadline = rig.clock.now() + std::chrono::minutes(1);
  asker.headers = {{"x-connect-ms", "1500"}, {"accept", "text/html"}};

  rig.ask(proxy(upstream), asker, "/to/shop.example/a?b=c", context);
  ASSERT_TRUE(taken());

  EXPECT_EQ(upstream.source, "app-proxy");
  EXPECT_THAT(upstream.contract, testing::StartsWith("wasi:http/outgoing-handler@0.2."));
  EXPECT_EQ(upstream.line, "GET http://shop.example/a?b=c");
  EXPECT_EQ(upstream.headers, "accept=text/html;");
  EXPECT_FALSE(upstream.more);
  EXPECT_EQ(upstream.connect_timeout, std::chrono::milliseconds(1500));
  EXPECT_EQ(upstream.context.request, 7u);
  EXPECT_EQ(upstream.context.hops, 3u);
  EXPECT_EQ(upstream.context.deadline, context.deadline);
  EXPECT_EQ(upstream.context.trace.trace, context.trace.trace);
  EXPECT_NE(upstream.context.trace.span, context.trace.span);
  EXPECT_THAT(contracts::chain_text(upstream.context.chain),
              testing::MatchesRegex("app-proxy -> wasi:http/outgoing-handler@0.2.*.handle"));
}

TEST_F(Outgoing, a_response_is_pushed_no_further_than_the_guest_reads) {
  asker.stalled = true;
  rig.ask(proxy(upstream), asker, "/to/shop.example/");
  ASSERT_TRUE(taken());
  upstream.caller->on_head(upstream, 200, {});
  std::size_t pushed = 0;
  const std::string piece(4096, 'x');
  const auto push_all = [&] {
    while (pushed + piece.size() <= upstream.given_credit) {
      upstream.caller->on_body(piece);
      pushed += piece.size();
    }
  };

  for (int i = 0; i < 200; ++i) {
    push_all();
    rig.drain();
  }

  EXPECT_GT(pushed, 256u * 1024);  // what the client of the proxy takes
  EXPECT_LT(pushed, 640u * 1024);
  EXPECT_FALSE(asker.over());
}

TEST_F(Outgoing, the_body_of_a_request_waits_until_it_is_wanted) {
  asker.method = "POST";
  asker.body = std::string(1 << 20, 'x');
  rig.ask(proxy(upstream), asker, "/to/shop.example/");
  ASSERT_TRUE(taken());
  rig.drain();
  EXPECT_TRUE(upstream.more);
  EXPECT_EQ(upstream.body, "");
  EXPECT_GT(asker.body.size(), 800u * 1024);

  while (!upstream.ended) {
    const auto before = upstream.body.size();
    upstream.caller->on_want(upstream, 10'000);
    rig.drain();
    ASSERT_LE(upstream.body.size() - before, 10'000u);
    ASSERT_GT(upstream.body.size(), before);
  }
  upstream.caller->on_head(upstream, 204, {});
  upstream.caller->on_end({});
  upstream.reply();

  EXPECT_TRUE(rig.wait([&] { return asker.over(); }));
  EXPECT_EQ(upstream.body.size(), 1u << 20);
  EXPECT_EQ(asker.status, 204);
}

TEST_F(Outgoing, a_failure_reaches_the_guest_as_its_error_code) {
  auto& front = proxy(upstream);
  upstream.failing = HttpCode::connection_refused;
  EXPECT_EQ(rig.get(front, "/to/shop.example/"), "502 ErrorCode::ConnectionRefused");

  upstream.failing = HttpCode::dns_error;
  EXPECT_THAT(rig.get(front, "/to/shop.example/"), HasSubstr("rcode: Some(\"down\")"));

  upstream.failing = HttpCode::none;
  EXPECT_EQ(rig.get(front, "/to/shop.example/"), "502 ErrorCode::DestinationUnavailable");
  EXPECT_EQ(front.in_flight(), 0u);
}

TEST_F(Outgoing, the_error_code_of_a_component_reaches_the_guest_that_asked_it) {
  auto& front = proxy(rig.shard("bad"));

  EXPECT_EQ(rig.get(front, "/to/shop.example/timeout"), "502 ErrorCode::ConnectionTimeout");
  EXPECT_THAT(rig.get(front, "/to/shop.example/unreachable"), HasSubstr("app-bad trapped"));
}

TEST_F(Outgoing, without_a_link_the_request_is_denied_and_the_log_names_the_component) {
  EXPECT_EQ(rig.get(proxy(rig.no_imports), "/to/shop.example/"),
            "502 ErrorCode::HttpRequestDenied");
  EXPECT_EQ(rig.lines.count("no link for wasi:http/outgoing-handler"), 1) << rig.lines.all();
}

TEST_F(Outgoing, a_response_that_breaks_off_fails_the_stream_of_its_body) {
  rig.ask(proxy(upstream), asker, "/to/shop.example/");
  ASSERT_TRUE(taken());
  upstream.caller->on_head(upstream, 200, {});
  upstream.caller->on_body("half");
  upstream.reply_with({Errc::unavailable, "gone"});

  EXPECT_TRUE(rig.wait([&] { return asker.over(); }));
  EXPECT_EQ(asker.response, "half");
  EXPECT_FALSE(asker.ended);
}

TEST_F(Outgoing, are_cancelled_when_the_caller_of_the_guest_goes_away) {
  auto& front = proxy(upstream);
  rig.ask(front, asker, "/to/shop.example/");
  ASSERT_TRUE(taken());

  asker.pending.cancel();

  EXPECT_EQ(upstream.cancelled, 1);
  EXPECT_EQ(front.in_flight(), 0u);
}

TEST_F(Outgoing, are_cancelled_when_the_guest_drops_the_response_it_waits_for_or_its_body) {
  auto& front = proxy(upstream);

  EXPECT_EQ(rig.get(front, "/drop/shop.example/"), "200 dropped");
  EXPECT_EQ(upstream.calls, 0);

  rig.ask(front, asker, "/head/shop.example/");
  ASSERT_TRUE(taken());
  upstream.caller->on_head(upstream, 200, {});
  EXPECT_TRUE(rig.wait([&] { return asker.over(); }));
  EXPECT_EQ(asker.text(), "200 head 200");
  EXPECT_EQ(upstream.cancelled, 1);
}

TEST_F(Outgoing, are_cancelled_when_their_body_is_not_what_was_promised) {
  auto& front = proxy(upstream);

  EXPECT_THAT(rig.get(front, "/half/shop.example/"),
              HasSubstr("true Err(ErrorCode::InternalError(Some(\"the guest dropped"));
  EXPECT_EQ(rig.get(front, "/length-3/shop.example/"),
            "200 false Err(ErrorCode::HttpRequestBodySize(Some(0))) "
            "Err(ErrorCode::HttpRequestBodySize(Some(5)))");
  EXPECT_EQ(rig.get(front, "/length-9/shop.example/"),
            "200 true Err(ErrorCode::HttpRequestBodySize(Some(5))) "
            "Err(ErrorCode::HttpRequestBodySize(Some(5)))");
  EXPECT_EQ(upstream.calls, 3);
  EXPECT_EQ(upstream.cancelled, 3);
}

TEST_F(Outgoing, a_component_whose_response_is_complete_comes_to_its_own_end) {
  rig.ask(proxy(upstream), asker, "/to/shop.example/");
  ASSERT_TRUE(taken());
  upstream.caller->on_head(upstream, 200, {});
  upstream.caller->on_body("done");
  upstream.caller->on_end({});
  EXPECT_TRUE(rig.wait([&] { return asker.over(); }));
  rig.drain();

  EXPECT_EQ(asker.text(), "200 done");
  EXPECT_EQ(upstream.cancelled, 0);
  upstream.reply();
}

TEST_F(Outgoing, wait_no_longer_for_a_response_than_the_guest_said) {
  auto& front = proxy(upstream);
  asker.headers = {{"x-first-ms", "50"}};

  rig.finish(front, asker, "/to/shop.example/");

  EXPECT_EQ(asker.text(), "502 ErrorCode::HttpResponseTimeout");
  EXPECT_EQ(upstream.cancelled, 1);
}

TEST_F(Outgoing, what_it_takes_to_connect_is_not_part_of_the_wait_for_a_response) {
  upstream.connecting = true;
  asker.headers = {{"x-first-ms", "50"}};
  rig.ask(proxy(upstream), asker, "/to/shop.example/");
  ASSERT_TRUE(taken());

  rig.thread->loop.io().run_for(std::chrono::milliseconds(150));
  EXPECT_EQ(upstream.cancelled, 0);
  upstream.caller->on_sent();

  EXPECT_TRUE(rig.wait([&] { return asker.over(); }));
  EXPECT_EQ(asker.text(), "502 ErrorCode::HttpResponseTimeout");
  EXPECT_EQ(upstream.cancelled, 1);
}

TEST_F(Outgoing, wait_no_longer_between_two_pieces_than_the_guest_said) {
  auto& front = proxy(upstream);
  asker.headers = {{"x-between-ms", "100"}};
  rig.ask(front, asker, "/to/shop.example/");
  ASSERT_TRUE(taken());
  upstream.caller->on_head(upstream, 200, {});

  for (int i = 0; i < 4; ++i) {
    upstream.caller->on_body("x");
    rig.thread->loop.io().run_for(std::chrono::milliseconds(40));
    EXPECT_EQ(upstream.cancelled, 0);
  }
  EXPECT_TRUE(rig.wait([&] { return asker.over(); }));

  EXPECT_EQ(asker.response, "xxxx");
  EXPECT_EQ(upstream.cancelled, 1);
}

TEST_F(Outgoing, too_many_of_them_end_the_guest_with_the_limit_that_they_met) {
  auto& front = proxy(upstream);

  EXPECT_THAT(rig.get(front, "/many-10000/shop.example/"),
              HasSubstr("exhausted: app-proxy exceeded its limit host_bytes of 16 MiB"));
  EXPECT_GE(upstream.calls, 500);
  EXPECT_EQ(upstream.cancelled, upstream.calls);
  EXPECT_THAT(rig.get(proxy(upstream,
                            [](ComponentSpec& spec) {
                              spec.limits.host_bytes = 0;
                              spec.limits.host_objects = 100;
                            }),
                      "/many-10000/shop.example/"),
              HasSubstr("exceeded its limit host_objects of 100"));
  EXPECT_EQ(upstream.cancelled, upstream.calls);
  EXPECT_EQ(front.in_flight(), 0u);
}

TEST_F(Outgoing, a_response_with_a_larger_head_than_the_guest_takes_fails) {
  auto& front = proxy(upstream, [](ComponentSpec& spec) { spec.limits.header_count = 4; });
  rig.ask(front, asker, "/to/shop.example/");
  ASSERT_TRUE(taken());
  const std::vector<Header> many(5, {"x-a", "1"});

  upstream.caller->on_head(upstream, 200, many);

  EXPECT_TRUE(rig.wait([&] { return asker.over(); }));
  EXPECT_EQ(asker.text(), "502 ErrorCode::HttpResponseHeaderSectionSize(Some(180))");
  EXPECT_EQ(upstream.cancelled, 1);
}

}  // namespace
}  // namespace weft::engine
