// Calls from component to component, measured in one process through engine and switchboard, as
// they cross in a host. Usage: calls_bench GUESTS [ROUNDS [ROW]]; prints the rows
// call_component_to_component, call_rich and bytes_1MiB_roundtrip, or one of them, as JSON. GUESTS
// holds front.wasm, the caller, and echo.wasm, the callee, of tests/guests. Times are the best of
// many short samples, ROUNDS times so many: on a busy machine that is what the work itself takes.
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/memory.h"
#include "bench/kept_instance.h"
#include "contracts/image_codec.h"
#include "engine/call/component_shard.h"
#include "engine/wasm_file.h"
#include "links/switchboard.h"

namespace weft {
namespace {

using Stopwatch = std::chrono::steady_clock;
constexpr std::string_view k_drive = "test:demo/drive@0.1.0";
constexpr std::string_view k_api = "test:demo/api@0.1.0";
constexpr std::size_t k_mib = 1 << 20;

double us_since(Stopwatch::time_point start) {
  return std::chrono::duration<double, std::micro>(Stopwatch::now() - start).count();
}

// Waits on the thread's loop for one reply.
class Waiting final : public contracts::Replier {
 public:
  void on_reply(contracts::Reply reply) noexcept override {
    pending.settled();
    replied = std::move(reply);
  }
  contracts::Pending pending;
  std::optional<contracts::Reply> replied;
};

// A thread of a host with what the rows need on it: a caller, its callee behind a link, and a kept
// callee.
class Bench {
 public:
  static Result<std::unique_ptr<Bench>> open(const std::string& guests) {
    engine::EngineSettings settings;
    auto log = std::make_unique<Log>(
        LogSettings{.level = LogLevel::warn}, clock(),
        [](std::string_view line) { std::fwrite(line.data(), 1, line.size(), stderr); });
    TRY(auto made, engine::Engine::open(settings, *log));
    auto bench = std::unique_ptr<Bench>(new Bench(std::move(log), std::move(made)));
    TRY(bench->front_, bench->add("front", guests + "/front.wasm"));
    TRY(bench->echo_, bench->add("echo", guests + "/echo.wasm"));
    TRY(auto links, links::LinkTable::make({{"front", "default", "test:demo/api", "echo"}}));
    bench->board_.swap(std::move(links), {{"echo", bench->echo_.get()}});
    TRY(bench->kept_, KeptInstance::open(bench->echo_->component(), bench->thread_.loop, clock(),
                                         bench->random_));
    return bench;
  }

  KeptInstance& kept() { return *kept_; }

  // The results of one call of `front` by an outside event, run to its end on this thread.
  Result<contracts::Image> call(std::string_view function, contracts::Image arguments) {
    Waiting waiting;
    contracts::Invocation invocation;
    invocation.source = "bench";
    invocation.link = "default";
    invocation.contract = invocation.interface = k_drive;
    invocation.function = function;
    invocation.payload = std::move(arguments);
    waiting.pending = front_->invoke(std::move(invocation), waiting);
    while (!waiting.replied) (void)thread_.loop.step(std::chrono::seconds(1));
    return std::move(waiting.replied->results).context(function);
  }

 private:
  static const Clock& clock() {
    static const SystemClock one;
    return one;
  }

  Bench(std::unique_ptr<Log> log, std::unique_ptr<engine::Engine> engine)
      : log_(std::move(log)),
        reporter_(*log_),
        engine_(std::move(engine)),
        thread_({}, *engine_, clock(), random_, *log_, reporter_),
        board_({}, clock()) {}

  Result<std::unique_ptr<engine::ComponentShard>> add(const std::string& id,
                                                      const std::string& file) {
    TRY(auto wasm, engine::read_wasm(file));
    TRY(auto artifact, engine_->load(std::move(wasm), file));
    TRY(auto component, engine::Component::open({.id = ComponentId(id),
                                                 .artifact = std::move(artifact),
                                                 .limits = {},
                                                 .origins = {},
                                                 .config = {},
                                                 .secrets = {},
                                                 .arguments = {},
                                                 .dirs = {}},
                                                *engine_));
    return engine::ComponentShard::open(std::move(component), thread_, board_);
  }

  std::unique_ptr<Log> log_;
  SystemRandom random_;
  engine::Reporter reporter_;
  std::unique_ptr<engine::Engine> engine_;
  engine::Thread thread_;
  links::Switchboard board_;
  std::unique_ptr<engine::ComponentShard> front_, echo_;
  std::unique_ptr<KeptInstance> kept_;
};

struct Row {
  std::string name, peer_name;
  double ours, peer;
  std::vector<std::pair<std::string, double>> more;
};

// The shortest of `rounds` times that `call` took, in microseconds.
template <class Call>
Result<double> best_of(int rounds, const Call& call) {
  double best = std::numeric_limits<double>::max();
  for (int i = 0; i < rounds; ++i) {
    const auto start = Stopwatch::now();
    TRY_OK(call());
    best = std::min(best, us_since(start));
  }
  return best;
}

Result<> expect(bool right, std::string_view what) {
  if (right) return {};
  return fail(Errc::internal, fmt::format("{} answered something else than was sent", what));
}

// `call-add` makes this many calls over the link; with 0 of them it costs its own instance and
// nothing else.
Result<double> adding(Bench& bench, std::uint32_t count, int rounds) {
  return best_of(rounds, [&]() -> Result<> {
    TRY(const auto sum, bench.call("call-add", contracts::encode(std::tuple(count))));
    TRY(const auto value, contracts::decode<std::tuple<std::uint32_t>>(sum));
    return expect(std::get<0>(value) == (count == 0 ? 0 : count * (count - 1) / 2), "call-add");
  });
}

Result<double> plain_call(Bench& bench, int rounds) {
  constexpr std::uint32_t count = 200;
  TRY(const auto time, adding(bench, count, rounds * 20));
  return time / count;
}

// The same call into a kept instance, from the host.
Result<double> call_inside(Bench& bench, int rounds) {
  constexpr std::uint32_t count = 200;
  TRY(const auto add, bench.kept().find(k_api, "add"));
  TRY(const auto time, best_of(rounds * 20, [&]() -> Result<> {
        std::uint32_t sum = 0;
        for (std::uint32_t i = 0; i < count; ++i) {
          TRY(const auto result, bench.kept().call(*add, contracts::encode(std::tuple(sum, i))));
          TRY(const auto value, contracts::decode<std::tuple<std::uint32_t>>(result));
          sum = std::get<0>(value);
        }
        return expect(sum == count * (count - 1) / 2, "add");
      }));
  return time / count;
}

// `call-people-often`: makes 100 records, passes them `count` times and compares the last answer.
Result<double> passing_people(Bench& bench, std::uint32_t count, int rounds) {
  constexpr std::uint32_t people = 100;
  return best_of(rounds, [&]() -> Result<> {
    TRY(const auto equal,
        bench.call("call-people-often", contracts::encode(std::tuple(people, count))));
    TRY(const auto value, contracts::decode<std::tuple<bool>>(equal));
    return expect(std::get<0>(value), "call-people-often");
  });
}

// One call with 100 records; what the caller does before and after its calls does not count.
Result<double> rich_call(Bench& bench, int rounds) {
  constexpr std::uint32_t count = 20;
  TRY(const auto few, passing_people(bench, 1, rounds * 20));
  TRY(const auto many, passing_people(bench, 1 + count, rounds * 20));
  return (many - few) / count;
}

// `call-bytes`: makes 1 MiB and passes it `count` times.
Result<double> passing_bytes(Bench& bench, std::uint32_t count, int rounds) {
  return best_of(rounds, [&]() -> Result<> {
    TRY(const auto sum, bench.call("call-bytes", contracts::encode(std::tuple(
                                                     count, static_cast<std::uint32_t>(k_mib)))));
    TRY(const auto value, contracts::decode<std::tuple<std::uint64_t>>(sum));
    return expect(std::get<0>(value) == count * k_mib, "call-bytes");
  });
}

// One call with 1 MiB; what the caller does before its calls does not count.
Result<double> mebibyte_call(Bench& bench, int rounds) {
  constexpr std::uint32_t count = 20;
  TRY(const auto few, passing_bytes(bench, 1, rounds * 10));
  TRY(const auto many, passing_bytes(bench, 1 + count, rounds * 10));
  return (many - few) / count;
}

double four_copies(int rounds) {
  std::vector<char> from(k_mib, 'x'), to(k_mib);
  double best = std::numeric_limits<double>::max();
  for (int i = 0; i < rounds * 50; ++i) {
    const auto start = Stopwatch::now();
    for (int copy = 0; copy < 4; ++copy) {
      std::memcpy(to.data(), from.data(), k_mib);
      asm volatile("" : : "r"(to.data()) : "memory");  // each copy is really made
      std::swap(to, from);
    }
    best = std::min(best, us_since(start));
  }
  return best;
}

Result<Row> plain_row(Bench& bench, int rounds) {
  TRY(const auto plain, plain_call(bench, rounds));
  TRY(const auto inside, call_inside(bench, rounds));
  return Row{"call_component_to_component", "a call inside one kept store", plain, inside, {}};
}

Result<Row> rich_row(Bench& bench, int rounds) {
  TRY(const auto plain, plain_call(bench, rounds));
  TRY(const auto rich, rich_call(bench, rounds));
  return Row{"call_rich", "the plain call", rich, plain, {{"plain_call", plain}}};
}

Result<Row> mebibyte_row(Bench& bench, int rounds) {
  TRY(const auto bytes, mebibyte_call(bench, rounds));
  return Row{"bytes_1MiB_roundtrip", "four memcpy of 1 MiB", bytes, four_copies(rounds), {}};
}

// All rows, or the one that is named.
Result<std::vector<Row>> measure(Bench& bench, int rounds, std::string_view only) {
  std::vector<Row> rows;
  for (const auto& [name, row] :
       {std::pair("call_component_to_component", &plain_row), std::pair("call_rich", &rich_row),
        std::pair("bytes_1MiB_roundtrip", &mebibyte_row)}) {
    if (!only.empty() && only != name) continue;
    TRY(auto measured, row(bench, rounds));
    rows.push_back(std::move(measured));
  }
  return rows;
}

void print(const std::vector<Row>& rows, int rounds) {
  std::string text = "[";
  for (const auto& row : rows) {
    text += fmt::format(
        "{}\n {{\"name\": \"{}\", \"unit\": \"us\", \"ours\": {:.3f}, \"peer\": {:.3f}, "
        "\"peer_name\": "
        "\"{}\", \"samples\": {{\"best_of\": {}}}",
        text.size() == 1 ? "" : ",", row.name, row.ours, row.peer, row.peer_name, rounds);
    for (const auto& [key, value] : row.more) text += fmt::format(", \"{}\": {:.3f}", key, value);
    text += "}";
  }
  fmt::print("{}\n]\n", text);
}

Result<> run(int argc, char** argv) {
  if (argc < 2) return fail(Errc::invalid, "usage: calls_bench GUESTS [ROUNDS [ROW]]");
  int rounds = 9;
  if (argc > 2) std::from_chars(argv[2], argv[2] + std::strlen(argv[2]), rounds);
  TRY(auto bench, Bench::open(argv[1]));
  TRY(const auto rows, measure(*bench, rounds, argc > 3 ? argv[3] : ""));
  print(rows, rounds);
  return {};
}

}  // namespace
}  // namespace weft

int main(int argc, char** argv) {
  weft::keep_large_blocks();  // as the program does
  const auto ended = weft::run(argc, argv);
  if (!ended) fmt::print(stderr, "calls_bench: {}\n", ended.error().message);
  return ended ? 0 : 1;
}
