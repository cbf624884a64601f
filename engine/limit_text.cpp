#include "engine/limit_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

namespace weft::engine {
namespace {

using contracts::LimitUnit;

// A measured value, to one digit: "10.2 s", "32.1 MiB".
std::string about(LimitUnit unit, std::uint64_t value) {
  constexpr double mib = 1 << 20;
  constexpr double kib = 1 << 10;
  const auto number = static_cast<double>(value);
  switch (unit) {
    case LimitUnit::count:
      return fmt::format("{}", value);
    case LimitUnit::rate:
      return fmt::format("{} B/s", value);
    case LimitUnit::time:
      return number >= 1e9 ? fmt::format("{:.1f} s", number / 1e9)
                           : fmt::format("{:.0f} ms", number / 1e6);
    case LimitUnit::bytes:
      if (number >= mib) return fmt::format("{:.1f} MiB", number / mib);
      return number >= kib ? fmt::format("{:.1f} KiB", number / kib) : fmt::format("{} B", value);
  }
  return {};
}

std::uint32_t narrow(std::uint64_t value) {
  return static_cast<std::uint32_t>(
      std::min<std::uint64_t>(value, std::numeric_limits<std::uint32_t>::max()));
}

}  // namespace

std::string limit_message(std::string_view component, const contracts::Limits& limits,
                          const LimitOrigins& origins, const ExceededLimit& exceeded) {
  const auto specs = contracts::limit_specs();
  const auto spec = std::ranges::find(specs, exceeded.key, &contracts::LimitSpec::key);
  if (spec == specs.end()) return fmt::format("{} exceeded a limit of the engine", component);
  const std::uint64_t value = exceeded.value != 0 ? exceeded.value : limits.*spec->value;
  const bool least = spec->unit == LimitUnit::rate;  // the others are the most there may be
  std::string text =
      fmt::format("{} {} its limit {} of {}", component, least ? "fell below" : "exceeded",
                  exceeded.key, contracts::limit_text(spec->unit, value));
  if (exceeded.used > value) {
    const auto what = spec->unit == LimitUnit::time ? "used" : "needed";
    text += fmt::format(" ({} {})", about(spec->unit, exceeded.used), what);
  }
  const std::string_view mend = least ? "lower" : "raise";
  const auto origin = std::ranges::find(origins, exceeded.key, &LimitOrigins::value_type::first);
  if (origin != origins.end() && origin->second.starts_with("--"))
    return text + fmt::format("; {} it with {}", mend, origin->second);
  if (origin != origins.end())
    return text + fmt::format("; {} `{}` in {}", mend, exceeded.key, origin->second);
  return text +
         fmt::format("; {} it by `{}` in a `limits` trait of the component", mend, exceeded.key);
}

std::string_view limit_key(eng_limit_kind kind) {
  switch (kind) {
    case ENG_LIMIT_NONE:
      return {};
    case ENG_LIMIT_CPU:
      return "cpu_time";
    case ENG_LIMIT_MEMORY:
      return "memory";
    case ENG_LIMIT_TABLES:
      return "table_elements";
    case ENG_LIMIT_INSTANCES:
      return "core_instances";
    case ENG_LIMIT_HOST_OBJECTS:
      return "host_objects";
    case ENG_LIMIT_HEADER_BYTES:
      return "header_bytes";
    case ENG_LIMIT_HOSTCALL_BYTES:
      return "hostcall_bytes";
    case ENG_LIMIT_HOST_MEMORY:
      return "host_bytes";
    case ENG_LIMIT_HEADER_COUNT:
      return "header_count";
  }
  return {};
}

eng_limits engine_limits(const contracts::Limits& limits) {
  return {.cpu_ns = limits.cpu_time,
          .memory = limits.memory,
          .table_elements = limits.table_elements,
          .instances = narrow(limits.core_instances),
          .host_objects = narrow(limits.host_objects),
          .header_count = narrow(limits.header_count),
          .header_bytes = limits.header_bytes,
          .hostcall_bytes = limits.hostcall_bytes,
          .host_bytes = limits.host_bytes};
}

}  // namespace weft::engine
