#include "engine/report.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <cstring>
#include <latch>
#include <limits>
#include <optional>
#include <utility>
#include <vector>

#include "engine/call/test_rig.h"

namespace weft::engine::test {
namespace {

// The reporter's thread has written everything once it is gone.
std::string reported(Rig& rig) {
  rig.reporter.reset();
  return rig.lines.all();
}

TEST(Report, of_a_trap_says_what_happened_where_and_for_whom) {
  Rig rig;
  auto& bad = rig.shard("lines/bad");
  contracts::Context context;
  context.request = 0xabcdef;
  context.trace = TraceContext::make(rig.random);
  Asker asker;

  rig.finish(bad, asker, "/panic", context);

  const auto log = reported(rig);
  for (const auto& part :
       {std::string("app-bad trapped in handle: "), std::string("component=app-bad"),
        std::string("kind=trapped"), std::string("request=0000000000abcdef"),
        "trace=" + context.trace.trace_text(), std::string("src/compute.rs:"),
        std::string("the guest panics on purpose"), std::string("wasi:http/incoming-handler")}) {
    EXPECT_NE(log.find(part), std::string::npos) << part << " is not in " << log;
  }
}

TEST(Report, gives_the_caller_one_sentence_with_the_ids) {
  Rig rig;
  auto& bad = rig.shard("bad");
  contracts::Context context;
  context.request = 0xabcdef;
  Asker asker;

  rig.finish(bad, asker, "/unreachable", context);

  EXPECT_EQ(asker.code(), Errc::trapped);
  EXPECT_EQ(asker.text().find('\n'), std::string::npos);
  EXPECT_NE(asker.text().find("(request 0000000000abcdef, trace "), std::string::npos)
      << asker.text();
}

TEST(Report, names_the_kind_of_a_trap_in_plain_words) {
  constexpr std::int32_t lowest = std::numeric_limits<std::int32_t>::min();
  struct Case {
    std::string_view function;
    contracts::Image arguments;
    std::string_view words;
  };
  std::vector<Case> cases;
  cases.emplace_back("give-up", contracts::Image(), "the guest aborted (unreachable)");
  cases.emplace_back("divide", numbers({7, 0}), "integer divide by zero");
  cases.emplace_back("divide", numbers({static_cast<std::uint32_t>(lowest), 0xffffffff}),
                     "integer overflow");
  cases.emplace_back("missing", contracts::Image(), "table");
  Rig rig;
  auto& tables = rig.shard("wat/tables");

  for (auto& [function, arguments, words] : cases) {
    Taker taker;
    rig.finish(tables, taker, "test:wat/tables", function, std::move(arguments));

    ASSERT_FALSE(*taker.results);
    EXPECT_EQ(taker.results->error().code, Errc::trapped);
    const auto& message = taker.results->error().message;
    EXPECT_NE(message.find(words), std::string::npos) << message;
    EXPECT_EQ(message.find("wasm"), std::string::npos) << message;
  }
  Taker taker;
  rig.finish(tables, taker, "test:wat/tables", "divide", numbers({84, 2}));
  EXPECT_EQ(number(taker), 42u);
  const auto log = reported(rig);
  EXPECT_NE(log.find("app-tables trapped in divide: "), std::string::npos) << log;
  EXPECT_EQ(rig.lines.count("backtrace="), 4) << log;
}

TEST(Report, of_a_limit_has_the_stack_at_that_moment) {
  Rig rig;
  auto& bad =
      rig.shard("lines/bad", [](ComponentSpec& spec) { spec.limits.cpu_time = 20'000'000; });

  (void)rig.get(bad, "/loop");

  const auto log = reported(rig);
  EXPECT_NE(log.find("exceeded its limit cpu_time of 20 ms"), std::string::npos) << log;
  EXPECT_NE(log.find("src/compute.rs:"), std::string::npos) << log;
}

TEST(Report, shows_the_chain_of_calls_across_components) {
  Rig rig;
  auto& echo = rig.shard("echo");
  auto& front = rig.shard(rig.component("front"), echo);
  Taker taker;
  contracts::Image text(8);
  const std::uint32_t offset = 8, size = 2;
  text.grow(10);
  std::memcpy(text.data(), &offset, 4);
  std::memcpy(text.data() + 4, &size, 4);
  std::memcpy(text.data() + 8, "no", 2);

  rig.finish(front, taker, "test:demo/drive@0.1.0", "call-fail", std::move(text));

  ASSERT_TRUE(taker.results && !*taker.results);
  EXPECT_EQ(taker.results->error().code, Errc::trapped);
  EXPECT_EQ(taker.results->error().message.find(
                "app-front: calling test:demo/api@0.1.0.fail: app-echo trapped"),
            0u)
      << taker.results->error().message;
  const auto log = reported(rig);
  EXPECT_NE(log.find("calls=\"app-front -> test:demo/api@0.1.0.fail\""), std::string::npos) << log;
  EXPECT_EQ(rig.lines.count("trapped in"), 1) << "one report for one trap";
}

TEST(Report, flood_is_cut_and_counted) {
  constexpr int queue = 64, lost = 10;
  SystemClock clock;
  Lines lines;
  std::latch writing(1), go_on(1);
  bool first = true;  // of the reporter's thread
  Log log({}, clock, [&](std::string_view line) {
    if (std::exchange(first, false)) {
      writing.count_down();
      go_on.wait();
    }
    lines.add(line);
  });
  std::optional<Reporter> reporter(std::in_place, log);
  const auto report = [&] {
    TrapReport trap;
    trap.component = "app-bad";
    trap.kind = Errc::trapped;
    reporter->report(std::move(trap));
  };
  report();
  writing.wait();

  for (int i = 0; i < queue + lost; ++i) report();
  go_on.count_down();

  reporter.reset();
  EXPECT_EQ(lines.count("trapped in"), 1 + queue);
  EXPECT_EQ(lines.count("suppressed=10"), 1) << lines.all();
}

}  // namespace
}  // namespace weft::engine::test
