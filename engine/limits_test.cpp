// Every limit, attacked by tests/guests/bad. After each attack the process must hold what it held
// before.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <utility>
#include <vector>

#include "engine/test_rig.h"

namespace weft::engine::test {
namespace {

constexpr std::uint64_t k_ms = 1'000'000;
constexpr std::uint64_t k_mib = 1 << 20;

struct Attack {
  std::string_view limit;  // that ends it
  std::uint64_t value;
  std::string_view path;
  std::string_view answer;  // how the caller's text begins
  Errc code = Errc::exhausted;
  bool stalled = false;
  bool silent = false;
};

std::ostream& operator<<(std::ostream& out, const Attack& attack) {
  return out << attack.limit << attack.path;
}

std::uint64_t contracts::Limits::* member(std::string_view key) {
  for (const auto& spec : contracts::limit_specs()) {
    if (spec.key == key) return spec.value;
  }
  return nullptr;
}

std::size_t descriptors() {
  std::size_t count = 0;
  for ([[maybe_unused]] const auto& entry : std::filesystem::directory_iterator("/proc/self/fd"))
    ++count;
  return count;
}

std::size_t resident_kib() {
  std::ifstream file("/proc/self/statm");
  std::size_t total = 0, resident = 0;
  file >> total >> resident;
  return resident * 4;
}

class LimitTest : public testing::TestWithParam<Attack> {
 protected:
  std::string run(ComponentShard& bad) {
    const Attack& attack = GetParam();
    Asker asker;
    asker.stalled = attack.stalled;
    asker.silent = attack.silent;
    if (attack.path == "/sink") asker.body = std::string(64 << 10, 'x');
    rig.ask(bad, asker, attack.path);
    EXPECT_TRUE(rig.wait([&] { return asker.over(); }));
    EXPECT_EQ(asker.replies, 1);
    EXPECT_EQ(asker.code(), attack.code) << asker.text();
    return asker.text();
  }
  Rig rig;
};

TEST_P(LimitTest, ends_the_call_names_itself_and_leaves_nothing_behind) {
  const Attack& attack = GetParam();
  auto& bad = rig.shard("bad", [&](ComponentSpec& spec) {
    spec.limits.*member(attack.limit) = attack.value;
    spec.origins.emplace_back(attack.limit, "app.yaml:12");
  });
  auto& hello = rig.shard("hello");
  // The pool gives memory back for several guests at a time: others must come and go until it has.
  const auto give_back = [&] {
    for (int i = 0; i < 40; ++i) EXPECT_EQ(rig.get(hello, "/").substr(0, 3), "200");
    rig.drain();
  };
  std::string text = run(bad);
  give_back();
  const auto descriptors_before = descriptors();
  const auto resident_before = resident_kib();

  for (int i = 0; i < 5; ++i) text = run(bad);

  EXPECT_NE(text.find(attack.answer), std::string::npos) << text;
  EXPECT_NE(text.find("raise `" + std::string(attack.limit) + "` in app.yaml:12"),
            std::string::npos)
      << text;
  give_back();
  EXPECT_EQ(descriptors(), descriptors_before);
  EXPECT_LT(resident_kib(), resident_before + 8192);
  EXPECT_EQ(rig.thread->pool.running(), 0u);
  EXPECT_EQ(bad.in_flight(), 0u);
  EXPECT_EQ(bad.component().counts().errors[static_cast<std::size_t>(attack.code)], 6u);
  EXPECT_EQ(rig.get(bad, "/hello").substr(0, 3), "200");
}

INSTANTIATE_TEST_SUITE_P(
    All, LimitTest,
    testing::Values(
        Attack{"cpu_time", 50 * k_ms, "/loop", "app-bad exceeded its limit cpu_time of 50 ms ("},
        Attack{"memory", 32 * k_mib, "/bomb", "app-bad exceeded its limit memory of 32 MiB (32."},
        Attack{"response_time", 30 * k_ms, "/sleep/60000",
               "app-bad exceeded its limit response_time of 30 ms;", Errc::timed_out},
        Attack{"idle_time", 30 * k_ms, "/slow/60000",
               "app-bad exceeded its limit idle_time of 30 ms;", Errc::timed_out},
        Attack{"idle_time", 30 * k_ms, "/stream/0",
               "app-bad exceeded its limit idle_time of 30 ms;", Errc::timed_out,
               /*stalled=*/true},
        Attack{"idle_time", 30 * k_ms, "/sink", "app-bad exceeded its limit idle_time of 30 ms;",
               Errc::timed_out, false,
               /*silent=*/true},
        Attack{"body_bytes", 1000, "/sink",
               "the body of a request to app-bad exceeded its limit body_bytes of 1000 B"},
        Attack{"header_count", 20, "/manyheaders/40",
               "app-bad exceeded its limit header_count of 20"},
        Attack{"header_bytes", 1024, "/fields/4",
               "app-bad exceeded its limit header_bytes of 1 KiB"},
        Attack{"host_objects", 100, "/handles/1000",
               "app-bad exceeded its limit host_objects of 100"},
        Attack{"host_objects", 100, "/pollables/1000",
               "app-bad exceeded its limit host_objects of 100"},
        Attack{"host_bytes", k_mib, "/fields/4000",
               "app-bad exceeded its limit host_bytes of 1 MiB"},
        Attack{"hostcall_bytes", 64 << 10, "/bigcall/1000",
               "app-bad exceeded its limit hostcall_bytes of 64 KiB"}));

TEST(Limits, of_a_request_are_checked_before_a_guest_starts) {
  Rig rig;
  auto& count = rig.shard("bad", [](ComponentSpec& spec) { spec.limits.header_count = 0; });
  auto& bytes = rig.shard("bad", [](ComponentSpec& spec) { spec.limits.header_bytes = 20; });

  EXPECT_EQ(rig.get(count, "/hello").substr(0, 3), "200");
  EXPECT_EQ(rig.get(bytes, "/hello"),
            "exhausted: a request to app-bad exceeded its limit header_bytes of 20 B (41 B "
            "needed); raise it by "
            "`header_bytes` in a `limits` trait of the component");
}

TEST(Limits, of_calls_at_once_make_the_next_wait_and_the_one_after_fail) {
  Rig rig;
  auto& bad = rig.shard("bad", [](ComponentSpec& spec) {
    spec.limits.calls = 2;
    spec.limits.waiting = 1;
  });
  Asker a, b, c, d;

  for (auto* asker : {&a, &b, &c, &d}) rig.ask(bad, *asker, "/sleep/20");

  ASSERT_TRUE(d.over());
  EXPECT_EQ(d.text(),
            "unavailable: app-bad has 2 calls under way and 1 waiting, try again later; app-bad "
            "exceeded its limit "
            "waiting of 1; raise it by `waiting` in a `limits` trait of the component");
  EXPECT_EQ(bad.component().counts().waiting, 1u);
  EXPECT_EQ(bad.component().counts().refused, 1u);
  ASSERT_TRUE(rig.wait([&] { return a.over() && b.over() && c.over(); }));
  EXPECT_EQ(c.text().substr(0, 3), "200");
  EXPECT_EQ(bad.component().counts().waiting, 0u);
  EXPECT_EQ(bad.component().counts().in_flight, 0u);
}

TEST(Limits, of_time_hold_for_those_that_wait_too) {
  Rig rig;
  auto& bad = rig.shard("bad", [](ComponentSpec& spec) {
    spec.limits.calls = 1;
    spec.limits.response_time = 30 * k_ms;
  });
  Asker a, b;
  rig.ask(bad, a, "/sleep/60000");

  rig.ask(bad, b, "/hello");

  ASSERT_TRUE(rig.wait([&] { return a.over() && b.over(); }));
  EXPECT_EQ(a.code(), Errc::timed_out);
  EXPECT_TRUE(b.code() == Errc::timed_out || b.status == 200) << b.text();
  EXPECT_EQ(rig.get(bad, "/hello").substr(0, 3), "200");
}

TEST(Limits, let_a_caller_that_waits_go_away) {
  Rig rig;
  auto& bad = rig.shard("bad", [](ComponentSpec& spec) { spec.limits.calls = 1; });
  Asker a, b, c;
  rig.ask(bad, a, "/sleep/20");
  rig.ask(bad, b, "/hello");
  rig.ask(bad, c, "/hello");

  b.pending.cancel();

  ASSERT_TRUE(rig.wait([&] { return c.over(); }));
  EXPECT_FALSE(b.over());
  EXPECT_EQ(bad.in_flight(), 0u);
}

TEST(Limits, of_the_callers_deadline_end_the_call) {
  Rig rig;
  auto& bad = rig.shard("bad");
  contracts::Context context;
  context.deadline = rig.clock.now() + std::chrono::milliseconds(20);
  Asker asker;

  rig.ask(bad, asker, "/sleep/60000", context);

  ASSERT_TRUE(rig.wait([&] { return asker.over(); }));
  EXPECT_EQ(asker.text(), "timed_out: app-bad did not answer before its caller's deadline");
}

TEST(Answers, of_guests_that_break_the_contract_of_http_are_invalid) {
  Rig rig;
  auto& bad = rig.shard("bad");

  for (const auto* path : {"/silent", "/headless/10", "/length/10", "/dropped"}) {
    EXPECT_EQ(rig.get(bad, path).substr(0, 8), "invalid:") << path << ": " << rig.get(bad, path);
  }
  EXPECT_EQ(rig.get(bad, "/refuse"),
            "invalid: app-bad answered with the error code internal-error(\"no stock\")");
  EXPECT_EQ(rig.get(bad, "/hello").substr(0, 3), "200");
}

}  // namespace
}  // namespace weft::engine::test
