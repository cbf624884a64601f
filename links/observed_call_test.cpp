#include "links/observed_call.h"

#include <gtest/gtest.h>

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "base/manual_clock.h"

namespace weft::links {
namespace {

using contracts::Body;
using contracts::Header;
using contracts::HttpCallee;
using contracts::Invocation;
using contracts::Pending;
using contracts::Replier;

class Spans final : public contracts::SpanObserver {
 public:
  void on_start(const contracts::SpanStart& span) override { started = std::string(span.function); }
  void on_end(const contracts::SpanStart&, const contracts::SpanEnd& span) override {
    ++ended;
    bytes_in = span.bytes_in;
    bytes_out = span.bytes_out;
    took = span.took;
  }
  std::string started;
  int ended = 0;
  std::uint64_t bytes_in = 0, bytes_out = 0;
  std::chrono::nanoseconds took{};
};

std::string text(std::span<const Header> fields) {
  std::string text;
  for (const auto& field : fields) text.append(field.name).append("=").append(field.value);
  return text;
}

// Answers HTTP as the test says, and writes down what it is told.
class Target final : public contracts::Invoker, public contracts::Call, public HttpCallee {
 public:
  Pending invoke(Invocation invocation, Replier& replier) override {
    caller = std::get<contracts::HttpCall>(invocation.payload).caller;
    replier_ = &replier;
    return Pending(*this);
  }
  void cancel() noexcept override { ++cancelled; }
  void push(std::string_view chunk, Body state, std::span<const Header> trailers) override {
    told += "push " + std::string(chunk) + (state == Body::ended ? " end " : " ") + text(trailers);
  }
  void credit(std::size_t bytes) override { told += "credit " + std::to_string(bytes); }
  void reply() { replier_->on_reply({contracts::Image()}); }

  contracts::HttpCaller* caller = nullptr;
  std::string told;
  int cancelled = 0;

 private:
  Replier* replier_ = nullptr;
};

class Client final : public contracts::HttpCaller, public Replier {
 public:
  void on_head(HttpCallee& from, std::uint16_t status, std::span<const Header> headers) override {
    callee = &from;
    told += "head " + std::to_string(status) + " " + text(headers) + "; ";
  }
  void on_body(std::string_view chunk) override { told += "body " + std::string(chunk) + "; "; }
  void on_end(std::span<const Header> trailers) override { told += "end " + text(trailers); }
  void on_want(HttpCallee& from, std::size_t limit) override {
    callee = &from;
    told += "want " + std::to_string(limit) + "; ";
  }
  void on_reply(contracts::Reply) noexcept override {
    pending.settled();
    ++replies;
  }

  Pending pending;
  HttpCallee* callee = nullptr;
  std::string told;
  int replies = 0;
};

class ObservedCallTest : public testing::Test {
 protected:
  ObservedCallTest() {
    const contracts::HttpRequest request{.method = "POST",
                                         .scheme = "http",
                                         .authority = "shop.example",
                                         .target = "/",
                                         .headers = {},
                                         .body = "first",
                                         .body_state = Body::more};
    Invocation invocation;
    invocation.source = "web";
    invocation.link = "default";
    invocation.contract = invocation.interface = "wasi:http/incoming-handler@0.2.0";
    invocation.function = "handle";
    invocation.payload = contracts::HttpCall{&request, &client};
    client.pending = ObservedCall::start({observers, nullptr, clock}, &link, &target, {},
                                         std::move(invocation), client);
  }

  ManualClock clock;
  Spans spans;
  std::vector<contracts::SpanObserver*> observers{&spans};
  const Link link{"web", "default", "wasi:http/incoming-handler", "shop"};
  Target target;
  Client client;
};

TEST_F(ObservedCallTest, passes_both_bodies_and_their_trailers_on) {
  const std::vector<Header> headers = {{"a", "1"}}, sum = {{"sum", "2"}}, count = {{"count", "3"}};

  target.caller->on_want(target, 7);
  client.callee->push("more", Body::ended, sum);
  target.caller->on_head(target, 201, headers);
  target.caller->on_body("answer");
  client.callee->credit(6);
  target.caller->on_end(count);
  target.reply();

  EXPECT_EQ(target.told, "push more end sum=2credit 6");
  EXPECT_EQ(client.told, "want 7; head 201 a=1; body answer; end count=3");
  EXPECT_EQ(client.replies, 1);
}

TEST_F(ObservedCallTest, counts_the_bytes_of_both_bodies_and_the_time) {
  target.caller->on_want(target, 100);
  client.callee->push("and more", Body::ended, {});
  target.caller->on_head(target, 200, {});
  target.caller->on_body("an");
  target.caller->on_body("swer");
  clock.advance(std::chrono::milliseconds(3));
  target.reply();

  EXPECT_EQ(spans.started, "handle");
  EXPECT_EQ(spans.ended, 1);
  EXPECT_EQ(spans.bytes_in, std::string("firstand more").size());
  EXPECT_EQ(spans.bytes_out, 6u);
  EXPECT_EQ(spans.took, std::chrono::milliseconds(3));
}

TEST_F(ObservedCallTest, tells_the_target_and_the_observers_once_when_the_caller_goes_away) {
  target.caller->on_head(target, 200, {});

  client.pending.cancel();

  EXPECT_EQ(target.cancelled, 1);
  EXPECT_EQ(spans.ended, 1);
  EXPECT_EQ(client.replies, 0);
}

}  // namespace
}  // namespace weft::links
