#include "contracts/limits.h"

#include <fmt/format.h>

#include <charconv>

namespace weft::contracts {
namespace {

constexpr std::uint64_t k_mib = 1ull << 20;
constexpr std::uint64_t k_ms = 1'000'000;

constexpr std::array k_specs = {
    LimitSpec{"memory", LimitUnit::bytes, &Limits::memory, 64 << 10,
              "linear memory of one instance"},
    LimitSpec{"table_elements", LimitUnit::count, &Limits::table_elements, 1,
              "table elements of one instance", k_most_table_elements},
    LimitSpec{"core_instances", LimitUnit::count, &Limits::core_instances, 1,
              "core instances of one component", k_most_core_instances},
    LimitSpec{"cpu_time", LimitUnit::time, &Limits::cpu_time, k_ms, "CPU time of one call"},
    LimitSpec{"response_time", LimitUnit::time, &Limits::response_time, k_ms,
              "time to the response head"},
    LimitSpec{"idle_time", LimitUnit::time, &Limits::idle_time, k_ms, "idle time of a body"},
    LimitSpec{"body_rate", LimitUnit::rate, &Limits::body_rate, 1, "lowest rate of a request body"},
    LimitSpec{"calls", LimitUnit::count, &Limits::calls, 1, "calls at once"},
    LimitSpec{"waiting", LimitUnit::count, &Limits::waiting, 1, "calls that wait for their turn"},
    LimitSpec{"header_count", LimitUnit::count, &Limits::header_count, 1,
              "header fields of one message"},
    LimitSpec{"header_bytes", LimitUnit::bytes, &Limits::header_bytes, 256,
              "header bytes of one message"},
    LimitSpec{"body_bytes", LimitUnit::bytes, &Limits::body_bytes, 1, "bytes of one request body"},
    LimitSpec{"host_objects", LimitUnit::count, &Limits::host_objects, 8, "handles held at once"},
    LimitSpec{"host_bytes", LimitUnit::bytes, &Limits::host_bytes, 64 << 10,
              "host memory held for one guest"},
    LimitSpec{"hostcall_bytes", LimitUnit::bytes, &Limits::hostcall_bytes, 64 << 10,
              "bytes of one host call"},
    LimitSpec{"log_lines", LimitUnit::count, &Limits::log_lines, 1, "log lines a second"},
};

struct Suffix {
  std::string_view text;
  std::uint64_t factor;
};
constexpr std::array k_sizes = {Suffix{"", 1},
                                Suffix{"B", 1},
                                Suffix{"KiB", 1 << 10},
                                Suffix{"MiB", k_mib},
                                Suffix{"GiB", k_mib << 10},
                                Suffix{"kB", 1000},
                                Suffix{"MB", 1'000'000},
                                Suffix{"GB", 1'000'000'000}};
constexpr std::array k_times = {
    Suffix{"ns", 1},          Suffix{"us", 1000},         Suffix{"ms", k_ms},
    Suffix{"s", 1000 * k_ms}, Suffix{"m", 60'000 * k_ms}, Suffix{"h", 3'600'000 * k_ms}};
constexpr std::array k_rates = {
    Suffix{"", 1},          Suffix{"B/s", 1},     Suffix{"KiB/s", 1 << 10},
    Suffix{"MiB/s", k_mib}, Suffix{"kB/s", 1000}, Suffix{"MB/s", 1'000'000}};
constexpr std::array k_counts = {Suffix{"", 1}};

struct Notation {
  std::span<const Suffix> suffixes;
  std::string_view forms;
};
Notation notation(LimitUnit unit) {
  switch (unit) {
    case LimitUnit::bytes:
      return {k_sizes, "a size such as 64MiB, 512KiB or 1000000"};
    case LimitUnit::time:
      return {k_times, "a time such as 500ms, 10s or 2m"};
    case LimitUnit::rate:
      return {k_rates, "bytes a second such as 240B/s, 1KiB/s or 1000"};
    case LimitUnit::count:
      return {k_counts, "a whole number such as 100"};
  }
  return {};
}

}  // namespace

std::span<const LimitSpec> limit_specs() { return k_specs; }

Result<std::uint64_t> parse_limit(const LimitSpec& spec, std::string_view text) {
  const auto wrong = [&] {
    return fail(Errc::invalid, fmt::format("{} ({}) takes {}{}; not '{}'", spec.key, spec.what,
                                           notation(spec.unit).forms,
                                           spec.largest == 0 ? ", 0 for no limit" : "", text));
  };
  const auto too_large = [&](std::uint64_t value) {
    return spec.largest != 0 && (value == 0 || value > spec.largest);
  };
  const auto capped = [&] {
    return fail(Errc::invalid,
                fmt::format("{} ({}) is {} at most, which is what the engine has room for; not "
                            "'{}'{}",
                            spec.key, spec.what, limit_text(spec.unit, spec.largest), text,
                            text == "0" ? ", which means no limit" : ""));
  };
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{}) return wrong();
  std::string_view rest(end, text.data() + text.size());
  while (rest.starts_with(' ')) rest.remove_prefix(1);
  if (number == 0 && rest.empty()) {
    if (too_large(0)) return capped();
    return 0;
  }
  for (const auto& suffix : notation(spec.unit).suffixes) {
    std::uint64_t value = 0;
    if (suffix.text != rest) continue;
    if (__builtin_mul_overflow(number, suffix.factor, &value)) return wrong();
    if (value != 0 && value < spec.smallest) {
      return fail(Errc::invalid,
                  fmt::format("{} ({}) is {} at least; not '{}'", spec.key, spec.what,
                              limit_text(spec.unit, spec.smallest), text));
    }
    if (too_large(value)) return capped();
    return value;
  }
  return wrong();
}

std::string limit_text(LimitUnit unit, std::uint64_t value) {
  if (unit == LimitUnit::count) return fmt::format("{}", value);
  const auto all = notation(unit).suffixes;
  const Suffix* best = &all.front();
  for (const auto& suffix : all) {
    const bool binary = unit == LimitUnit::time || suffix.text.contains("iB") || suffix.factor == 1;
    if (binary && value >= suffix.factor && value % suffix.factor == 0 &&
        suffix.factor >= best->factor) {
      best = &suffix;
    }
  }
  return fmt::format("{} {}", value / best->factor, best->text.empty() ? all[1].text : best->text);
}

}  // namespace weft::contracts
