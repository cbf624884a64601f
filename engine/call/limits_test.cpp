// Every limit, attacked by the guests bad, wat/tables and wat/crowd of tests/guests. After each
// attack the process must hold what it held before.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "engine/call/test_rig.h"

namespace weft::engine::test {
namespace {

constexpr std::uint64_t k_ms = 1'000'000;
constexpr std::uint64_t k_mib = 1 << 20;
// By how much the process may grow. The sanitizers hold on to freed memory for a while.
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
constexpr std::size_t k_slack_kib = 64 << 10;
#else
constexpr std::size_t k_slack_kib = 8 << 10;
#endif

struct Attack {
  std::string_view limit;  // that ends it
  std::uint64_t value;
  std::string_view path;
  std::string_view answer;  // how the caller's text begins
  Errc code = Errc::exhausted;
  bool stalled = false;
  bool silent = false;
  std::string_view guest = "bad";  // of another one, `path` is a function
  std::uint32_t argument = 0;      // of that function
};

std::ostream& operator<<(std::ostream& out, const Attack& attack) {
  return out << attack.limit << attack.path << attack.argument;
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

constexpr std::string_view k_tables = "test:wat/tables";

class LimitTest : public testing::TestWithParam<Attack> {
 protected:
  std::string run(ComponentShard& bad) {
    const Attack& attack = GetParam();
    if (attack.guest != "bad") {
      Taker taker;
      rig.finish(bad, taker, k_tables, attack.path, numbers({attack.argument}));
      EXPECT_EQ(taker.replies, 1);
      EXPECT_FALSE(*taker.results);
      EXPECT_EQ(taker.results->error().code, attack.code);
      return taker.results->error().message;
    }
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
  // Whether it still answers one who asks for little.
  bool serves(ComponentShard& bad) {
    if (GetParam().guest == "bad") return rig.get(bad, "/hello").starts_with("200");
    Taker taker;
    rig.finish(bad, taker, k_tables, "grow", numbers({1}));
    return number(taker) == 1;
  }
  Rig rig;
};

TEST_P(LimitTest, ends_the_call_names_itself_and_leaves_nothing_behind) {
  const Attack& attack = GetParam();
  auto& bad = rig.shard(attack.guest, [&](ComponentSpec& spec) {
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
  EXPECT_LT(resident_kib(), resident_before + k_slack_kib);
  EXPECT_EQ(rig.thread->pool.running(), 0u);
  EXPECT_EQ(bad.in_flight(), 0u);
  EXPECT_EQ(bad.component().counts().errors[static_cast<std::size_t>(attack.code)], 6u);
  EXPECT_TRUE(serves(bad));
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
               "app-bad exceeded its limit hostcall_bytes of 64 KiB"},
        Attack{.limit = "table_elements",
               .value = 50'000,
               .path = "hoard",
               .answer = "app-tables exceeded its limit table_elements of 50000 (50002 needed)",
               .guest = "wat/tables",
               .argument = 1000},
        Attack{
            .limit = "table_elements",
            .value = 50'000,
            .path = "hoard",
            .answer = "app-tables exceeded its limit table_elements of 50000 (4294967295 needed)",
            .guest = "wat/tables",
            .argument = 0xffff'fffd}));

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

TEST(Limits, of_a_requests_headers_are_told_to_the_client_and_counted) {
  Rig rig;
  auto& bad = rig.shard("bad", [](ComponentSpec& spec) { spec.limits.header_count = 2; });
  Asker asker;
  asker.headers = {{"a", "1"}, {"b", "2"}, {"c", "3"}};

  rig.finish(bad, asker, "/hello");

  EXPECT_EQ(asker.status, 431);
  EXPECT_EQ(asker.response,
            "431 Request Header Fields Too Large: this takes at most 2 header fields\n");
  EXPECT_EQ(asker.code(), Errc::exhausted);
  EXPECT_EQ(bad.component().counts().calls, 1u);
  EXPECT_EQ(bad.component().counts().errors[static_cast<std::size_t>(Errc::exhausted)], 1u);
  EXPECT_EQ(rig.get(bad, "/hello").substr(0, 3), "200");
}

TEST(Limits, of_a_body_are_checked_by_its_announced_length) {
  Rig rig;
  auto& bad = rig.shard("bad", [](ComponentSpec& spec) { spec.limits.body_bytes = 1000; });
  Asker most, more, endless;
  most.headers = {{"Content-Length", "1000"}};
  more.headers = {{"Content-Length", "1001"}};
  endless.headers = {{"content-length", "99999999999999999999999"}};

  for (auto* asker : {&most, &more, &endless}) rig.finish(bad, *asker, "/hello");

  EXPECT_EQ(most.status, 200);
  for (const auto* asker : {&more, &endless}) {
    EXPECT_EQ(asker->status, 413);
    EXPECT_EQ(asker->response, "413 Content Too Large: this takes at most 1000 bytes of body\n");
  }
}

TEST(Limits, of_a_body_let_exactly_as_many_bytes_through_when_no_length_is_announced) {
  Rig rig;
  auto& bad = rig.shard("bad", [](ComponentSpec& spec) { spec.limits.body_bytes = 1000; });
  Asker most, more;
  most.body = std::string(1000, 'x');
  more.body = std::string(1001, 'x');

  for (auto* asker : {&most, &more}) rig.finish(bad, *asker, "/sink");

  EXPECT_EQ(most.text(), "200 1000");
  EXPECT_EQ(more.code(), Errc::exhausted) << more.text();
}

TEST(Limits, of_tables_and_instances_hold_at_the_start_of_a_guest) {
  Rig rig;
  auto& tables = rig.shard("bad", [](ComponentSpec& spec) { spec.limits.table_elements = 1; });
  auto& instances = rig.shard("bad", [](ComponentSpec& spec) { spec.limits.core_instances = 1; });

  const auto of_tables = rig.get(tables, "/hello");
  const auto of_instances = rig.get(instances, "/hello");

  EXPECT_EQ(of_tables.find("exhausted: app-bad exceeded its limit table_elements of 1 ("), 0u)
      << of_tables;
  EXPECT_EQ(of_instances.find("exhausted: app-bad exceeded its limit core_instances of 1"), 0u)
      << of_instances;
}

// A component makes all its core instances when it starts, those of components inside it included:
// there is no other time to attack their limit.
TEST(Limits, of_core_instances_count_those_of_components_within_the_component) {
  Rig rig;
  auto& eleven = rig.shard("wat/crowd", [](ComponentSpec& spec) {
    spec.limits.core_instances = 11;
    spec.origins.emplace_back("core_instances", "app.yaml:12");
  });
  auto& twelve = rig.shard("wat/crowd", [](ComponentSpec& s) { s.limits.core_instances = 12; });
  const auto answer = [&rig](ComponentShard& crowd) {
    auto taker = std::make_unique<Taker>();
    rig.finish(crowd, *taker, "test:wat/crowd", "answer", {});
    return taker;
  };
  (void)answer(eleven);
  EXPECT_EQ(number(*answer(twelve)), 42u);
  const auto descriptors_before = descriptors();

  for (int i = 0; i < 5; ++i) {
    const auto taker = answer(eleven);
    ASSERT_FALSE(*taker->results);
    const auto& error = taker->results->error();
    EXPECT_EQ(error.code, Errc::exhausted);
    EXPECT_EQ(error.message.find("app-crowd exceeded its limit core_instances of 11 (12 needed); "
                                 "raise `core_instances` in app.yaml:12"),
              0u)
        << error.message;
  }

  EXPECT_EQ(number(*answer(twelve)), 42u);
  EXPECT_EQ(descriptors(), descriptors_before);
  EXPECT_EQ(rig.thread->pool.running(), 0u);
  EXPECT_EQ(eleven.in_flight(), 0u);
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

TEST(Limits, of_calls_at_once_refuse_a_call_that_would_wait_for_its_own_caller) {
  Rig rig;
  auto& bad = rig.shard("bad", [](ComponentSpec& spec) { spec.limits.calls = 1; });
  Asker holder, asker;
  rig.ask(bad, holder, "/sleep/20");
  contracts::Context from_itself;
  from_itself.chain = std::make_shared<contracts::Frame>(contracts::Frame{
      "app-other", "x:y/z", "g",
      std::make_shared<contracts::Frame>(contracts::Frame{"app-bad", "x:y/z", "f", nullptr})});

  rig.ask(bad, asker, "/hello", from_itself);

  ASSERT_TRUE(asker.over()) << "it waits for ever";
  EXPECT_EQ(asker.text().find(
                "unavailable: app-bad has no place for a call that comes from itself: app-bad "
                "exceeded its limit calls of 1;"),
            0u)
      << asker.text();
  ASSERT_TRUE(rig.wait([&] { return holder.over(); }));
  EXPECT_EQ(rig.get(bad, "/hello").substr(0, 3), "200");
}

TEST(Limits, of_time_hold_for_those_that_wait_too) {
  Rig rig;
  auto& bad = rig.shard("bad", [](ComponentSpec& spec) {
    spec.limits.calls = 1;
    spec.limits.response_time = 30 * k_ms;
  });
  // Its response has begun, and nobody reads the rest.
  Asker holder, asker;
  holder.stalled = true;
  rig.ask(bad, holder, "/stream/0");

  rig.ask(bad, asker, "/hello");

  ASSERT_TRUE(rig.wait([&] { return asker.over(); }));
  EXPECT_EQ(asker.code(), Errc::timed_out) << asker.text();
  EXPECT_FALSE(holder.over());
  holder.pending.cancel();
  EXPECT_EQ(rig.get(bad, "/hello").substr(0, 3), "200");
}

TEST(Limits, of_idleness_do_not_count_the_time_before_the_start) {
  Rig rig;
  auto& bad = rig.shard("bad", [](ComponentSpec& spec) {
    spec.limits.calls = 1;
    spec.limits.idle_time = 300 * k_ms;
  });
  Asker holder, asker;
  rig.ask(bad, holder, "/sleep/400");

  rig.ask(bad, asker, "/slow/5");

  ASSERT_TRUE(rig.wait([&] { return holder.over() && asker.over(); }));
  EXPECT_EQ(asker.text().substr(0, 3), "200") << asker.text();
}

TEST(Limits, of_the_pool_refuse_a_call_too_deep_to_have_a_place_kept_for_it) {
  struct Nobody final : Waiter {
    void on_admitted(Gate&) override {}
  } nobody;
  Rig rig;
  // With one place only: were it not given back, nobody would get it again.
  auto& bad = rig.shard("bad", [](ComponentSpec& spec) { spec.limits.calls = 1; });
  Gate& pool = rig.thread->pool;
  std::size_t held = 0;
  while (pool.enter(nobody, 31) == Entry::admitted) ++held;
  contracts::Context deep;
  deep.hops = 31;
  Asker asker;

  rig.ask(bad, asker, "/hello", deep);

  ASSERT_TRUE(asker.over());
  EXPECT_EQ(asker.text(),
            "unavailable: app-bad has no place for a call with 31 callers above it: all 300 calls "
            "that this thread can run are under way, and some of them may wait for this one");
  EXPECT_EQ(bad.component().counts().refused, 1u);
  EXPECT_EQ(bad.in_flight(), 0u);
  for (; held != 0; --held) pool.leave();
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
