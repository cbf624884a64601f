// Calls from component to component, measured in one process through engine and switchboard, as
// they cross in a host. Usage: calls_bench GUESTS [ROUNDS [ROW]]; prints the rows
// call_component_to_component, call_rich, bytes_1MiB_roundtrip and middleware_hop, or one of them,
// as JSON. GUESTS holds front.wasm, the caller, and echo.wasm, the callee, of tests/guests, and
// cache.wasm of middleware/cache. Times are the best of many short samples, ROUNDS times so many:
// on a busy machine that is what the work itself takes.
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
#include "bench/calls_rig.h"
#include "contracts/keyvalue/types.h"

namespace weft {
namespace {

using Stopwatch = std::chrono::steady_clock;
constexpr std::string_view k_api = "test:demo/api@0.1.0";
constexpr std::size_t k_mib = 1 << 20;

double us_since(Stopwatch::time_point start) {
  return std::chrono::duration<double, std::micro>(Stopwatch::now() - start).count();
}

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

// One of many calls of the store in a row; the answer must be as long as that of the first.
Result<double> asking(Bench& bench, std::string_view by, std::string_view function, int rounds) {
  constexpr int count = 200;
  const contracts::keyvalue::Item item{"default", "bench"};
  const auto arguments = [&] {
    return function == "increment" ? contracts::encode(std::forward_as_tuple(item, std::int64_t{1}))
                                   : contracts::encode(std::forward_as_tuple(item));
  };
  TRY(const auto first, bench.ask_store(by, function, arguments()));
  TRY(const auto time, best_of(rounds * 20, [&]() -> Result<> {
        for (int i = 0; i < count; ++i) {
          TRY(const auto answer, bench.ask_store(by, function, arguments()));
          TRY_OK(
              expect(answer.size() >= first.size() && answer.data()[0] == std::byte{0}, function));
        }
        return {};
      }));
  return time / count;
}

// What the cache in a link adds to a call that it answers itself and, for comparison, to one that
// it has to hand on.
Result<Row> hop_row(Bench& bench, int rounds) {
  double added[2] = {};
  for (const auto* function : {"increment", "get"}) {
    TRY(const auto direct, asking(bench, "direct", function, rounds));
    TRY(const auto cached, asking(bench, "cached", function, rounds));
    added[std::string_view(function) == "get" ? 0 : 1] = cached - direct;
  }
  TRY(const auto plain, plain_call(bench, rounds));
  return Row{
      "middleware_hop", "call_component_to_component", added[0], plain, {{"write", added[1]}}};
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
        std::pair("bytes_1MiB_roundtrip", &mebibyte_row), std::pair("middleware_hop", &hop_row)}) {
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
