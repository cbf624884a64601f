#include "engine/call/component_shard.h"

#include <gtest/gtest.h>

#include "contracts/image_codec.h"
#include "engine/call/test_rig.h"

namespace weft::engine::test {
namespace {

constexpr std::string_view k_api = "test:demo/api@0.1.0";
constexpr std::string_view k_drive = "test:demo/drive@0.1.0";

// Forwards imports to another component of the thread and remembers what it saw.
class Forward final : public contracts::Invoker {
 public:
  contracts::Pending invoke(contracts::Invocation invocation,
                            contracts::Replier& replier) override {
    context = invocation.context;
    source = invocation.source;
    contract = invocation.contract;
    arguments_whole = std::get<contracts::Image>(invocation.payload).is_whole();
    argument_bytes = std::get<contracts::Image>(invocation.payload).size();
    ++calls;
    return target->invoke(std::move(invocation), replier);
  }
  bool takes_lent(const contracts::Invocation& invocation) const override {
    return lends && target->takes_lent(invocation);
  }
  contracts::Invoker* target = nullptr;
  bool lends = false, arguments_whole = false;
  std::size_t argument_bytes = 0;
  contracts::Context context;
  std::string source, contract;
  int calls = 0;
};

TEST(ComponentShard, answers_http_with_a_fresh_guest_each_time) {
  Rig rig;
  auto& hello = rig.shard("hello");

  EXPECT_EQ(rig.get(hello, "/").substr(0, 9), "200 hello");
  EXPECT_EQ(rig.get(hello, "/").substr(0, 9), "200 hello");

  EXPECT_EQ(hello.component().counts().calls, 2u);
  EXPECT_EQ(hello.component().counts().in_flight, 0u);
  EXPECT_GT(hello.component().counts().cpu_ns, 0u);
  EXPECT_EQ(rig.thread->pool.running(), 0u);
}

TEST(ComponentShard, gives_the_request_body_piece_by_piece) {
  Rig rig;
  auto& bad = rig.shard("bad");
  Asker asker;
  asker.body = std::string(1 << 20, 'x');

  rig.ask(bad, asker, "/sink");

  ASSERT_TRUE(rig.wait([&] { return asker.over(); }));
  EXPECT_EQ(asker.text(), "200 1048576");
  EXPECT_TRUE(asker.ended);
  EXPECT_EQ(asker.replies, 1);
}

TEST(ComponentShard, gives_trailers_to_the_guest_and_its_own_to_the_caller) {
  Rig rig;
  auto& hello = rig.shard("hello");
  Asker with, without;
  with.body = without.body = std::string(100'000, 'x');
  with.trailers = {{"x-sum", "42"}, {"x-sum", "43"}, {"x-other", ""}};

  rig.finish(hello, with, "/echo");
  rig.finish(hello, without, "/echo");

  EXPECT_EQ(with.response, std::string(100'000, 'x'));
  EXPECT_EQ(with.response_trailers, "x-sum: 42, x-sum: 43, x-other: , ");
  EXPECT_TRUE(without.ended);
  EXPECT_EQ(without.response_trailers, "");
}

TEST(ComponentShard, refuses_a_call_that_would_carry_a_resource_of_the_component) {
  Rig rig;
  auto& cells = rig.shard("wat/cells");

  for (const auto* function : {"make", "read", "take"}) {
    Taker taker;
    rig.finish(cells, taker, "", function, numbers({7, 7}));

    ASSERT_TRUE(taker.results && !*taker.results) << function;
    EXPECT_EQ(taker.results->error().message,
              std::string("app-cells: ") + function +
                  " of the component takes or returns a resource that the component defines, "
                  "which a call cannot carry");
  }
  Taker plain;
  rig.finish(cells, plain, "", "plain", {});
  EXPECT_EQ(number(plain), 42u);
  EXPECT_EQ(cells.in_flight(), 0u);
}

TEST(ComponentShard, is_not_opened_for_a_component_that_imports_resources_of_another) {
  Rig rig;
  ComponentSpec spec{.id = ComponentId("app-holder"), .artifact = rig.artifact("holder")};

  const auto opened = Component::open(std::move(spec), Rig::engine());

  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code, Errc::invalid);
  EXPECT_NE(opened.error().message.find("it imports the resource item of test:demo/vault@0.1.0;"),
            std::string::npos)
      << opened.error().message;
}

TEST(ComponentShard, calls_an_exported_function_by_image) {
  Rig rig;
  auto& echo = rig.shard("echo");
  Taker taker;

  rig.finish(echo, taker, k_api, "add", numbers({40, 2}));

  EXPECT_EQ(number(taker), 42u);
  EXPECT_EQ(taker.replies, 1);
}

TEST(ComponentShard, says_what_it_does_not_export) {
  Rig rig;
  auto& echo = rig.shard("echo");
  Taker other, version, function;

  rig.finish(echo, other, "shop:pricing/api@1.0.0", "price", {});
  rig.finish(echo, version, "test:demo/api@0.2.0", "add", numbers({1, 2}));
  rig.finish(echo, function, k_api, "ad", numbers({1, 2}));

  EXPECT_EQ(other.results->error().message, "app-echo does not export shop:pricing/api@1.0.0");
  EXPECT_EQ(version.results->error().message,
            "app-echo does not export test:demo/api@0.2.0; it has test:demo/api@0.1.0");
  EXPECT_EQ(function.results->error().code, Errc::not_found);
  EXPECT_EQ(rig.get(echo, "/").substr(0, 9), "not_found");
}

TEST(ComponentShard, sends_imports_through_the_invoker_with_the_context_of_the_call) {
  Rig rig;
  Forward links;
  links.target = &rig.shard("echo");
  auto& front = rig.shard(rig.component("front"), links);
  contracts::Context context;
  context.request = 7;
  context.trace = TraceContext::make(rig.random);
  Taker taker;

  rig.finish(front, taker, k_drive, "call-add", numbers({5}), context);

  EXPECT_EQ(number(taker), 0u + 1 + 2 + 3 + 4);
  EXPECT_EQ(links.calls, 5);
  EXPECT_EQ(links.source, "app-front");
  EXPECT_EQ(links.contract, k_api);
  EXPECT_EQ(links.context.request, 7u);
  EXPECT_EQ(links.context.hops, 1u);
  EXPECT_EQ(links.context.trace.trace, context.trace.trace);
  EXPECT_NE(links.context.trace.span, context.trace.span);
  EXPECT_EQ(contracts::chain_text(links.context.chain), "app-front -> test:demo/api@0.1.0.add");
}

TEST(ComponentShard, carries_values_of_every_kind_between_components) {
  Rig rig;
  Forward links;
  links.target = &rig.shard("echo");
  auto& front = rig.shard(rig.component("front"), links);

  for (const auto* function : {"call-person", "call-shapes", "call-rest"}) {
    Taker taker;
    rig.finish(front, taker, k_drive, function, {});
    ASSERT_TRUE(taker.results && *taker.results) << function;
    EXPECT_EQ((*taker.results)->data()[0], std::byte{1}) << function;
  }
}

TEST(ComponentShard, lends_large_arguments_to_another_component_and_copies_them_for_anyone_else) {
  constexpr std::uint32_t size = 1 << 20;
  Rig rig;
  Forward links;
  links.target = &rig.shard("echo");
  auto& front = rig.shard(rig.component("front"), links);

  for (const bool lends : {true, false}) {
    Taker taker;
    links.lends = lends;
    rig.finish(front, taker, k_drive, "call-bytes", numbers({2, size}));

    ASSERT_TRUE(taker.results && *taker.results);
    EXPECT_EQ(contracts::decode<std::tuple<std::uint64_t>>(**taker.results).value(),
              std::tuple(std::uint64_t{2} * size));
    EXPECT_EQ(links.arguments_whole, !lends);
    EXPECT_EQ(links.argument_bytes, lends ? 8u : 8u + size);
  }
}

TEST(ComponentShard, lends_nothing_any_more_once_the_guest_is_gone) {
  struct Holder final : contracts::Invoker, contracts::Call {
    std::optional<contracts::Image> arguments;
    contracts::Pending invoke(contracts::Invocation invocation, contracts::Replier&) override {
      arguments = std::get<contracts::Image>(std::move(invocation.payload));
      return contracts::Pending(*this);
    }
    bool takes_lent(const contracts::Invocation&) const override { return true; }
    void cancel() noexcept override {}
  } holder;
  Rig rig;
  auto& front = rig.shard(rig.component("front"), holder);
  Taker kept, dropped;

  rig.call(front, kept, k_drive, "call-bytes", numbers({1, 100'000}));
  ASSERT_TRUE(rig.wait([&] { return holder.arguments.has_value(); }));
  EXPECT_FALSE(holder.arguments->is_whole());
  EXPECT_TRUE(holder.arguments->make_whole());
  EXPECT_EQ(holder.arguments->size(), 100'008u);
  EXPECT_EQ(holder.arguments->data()[100'007], std::byte{7});
  kept.pending.cancel();

  rig.call(front, dropped, k_drive, "call-bytes", numbers({1, 100'000}));
  dropped.pending.cancel();
  EXPECT_FALSE(holder.arguments->is_whole());
  EXPECT_FALSE(holder.arguments->make_whole());
  rig.drain();
}

TEST(ComponentShard, ends_a_guest_whose_import_fails_with_the_reason) {
  Rig rig;
  auto& front = rig.shard("front");
  Taker taker;

  rig.finish(front, taker, k_drive, "call-add", numbers({1}));

  ASSERT_TRUE(taker.results);
  EXPECT_EQ(taker.results->error().code, Errc::denied);
  EXPECT_TRUE(taker.begun);
  EXPECT_EQ(taker.results->error().message,
            "app-front: calling test:demo/api@0.1.0.add: no link for test:demo/api@0.1.0");
}

TEST(ComponentShard, answers_an_import_that_is_answered_later) {
  struct Later final : contracts::Invoker, contracts::Call {
    contracts::Replier* replier = nullptr;
    bool cancelled = false;
    contracts::Pending invoke(contracts::Invocation, contracts::Replier& asked) override {
      replier = &asked;
      return contracts::Pending(*this);
    }
    void cancel() noexcept override { cancelled = true; }
  } later;
  Rig rig;
  auto& front = rig.shard(rig.component("front"), later);
  Taker answered, dropped;

  rig.call(front, answered, k_drive, "call-add", numbers({1}));
  ASSERT_TRUE(rig.wait([&] { return later.replier != nullptr; }));
  later.replier->on_reply({numbers({9})});
  EXPECT_TRUE(rig.wait([&] { return answered.results.has_value(); }));
  EXPECT_EQ(number(answered), 9u);

  later.replier = nullptr;
  rig.call(front, dropped, k_drive, "call-add", numbers({1}));
  ASSERT_TRUE(rig.wait([&] { return later.replier != nullptr; }));
  dropped.pending.cancel();
  EXPECT_TRUE(later.cancelled);
  EXPECT_EQ(front.in_flight(), 0u);
  rig.drain();
}

TEST(ComponentShard, tells_calls_in_flight_when_it_is_stopped) {
  Asker asker;
  {
    Rig rig;
    rig.ask(rig.shard("bad"), asker, "/sleep/10000");
    EXPECT_FALSE(asker.over());
  }

  EXPECT_EQ(asker.text(), "unavailable: app-bad is being stopped");
}

TEST(ComponentShard, logs_what_the_guest_prints_by_component_stream_and_request) {
  Rig rig;
  auto& bad = rig.shard("bad");

  EXPECT_EQ(rig.get(bad, "/stderr/3").substr(0, 3), "200");

  EXPECT_NE(
      rig.lines.all().find("component=app-bad stream=stderr request=0000000000000000 trace=0"),
      std::string::npos);
}

TEST(ComponentShard, bounds_the_lines_that_a_guest_may_log) {
  Rig rig;
  auto& bad = rig.shard("bad", [](ComponentSpec& spec) { spec.limits.cpu_time = 300'000'000; });

  (void)rig.get(bad, "/stdout/0");

  EXPECT_LE(rig.lines.count("stream=stdout"), 7000);
  rig.drain();
}

}  // namespace
}  // namespace weft::engine::test
