// What one component may use. On by default; each can be set by a `limits` trait in the manifest.
#pragma once
#include <array>
#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/result.h"

namespace weft::contracts {

// How long a body may be waited for in all before its rate counts.
constexpr std::chrono::seconds k_body_grace{5};

// What the engine's pool has room for: its tables and core instances are reserved at start.
constexpr std::uint64_t k_most_table_elements = 100'000;
constexpr std::uint64_t k_most_core_instances = 64;

// Sizes in bytes, times in nanoseconds, rates in bytes a second. Of one call unless it says
// otherwise; 0 means no limit.
struct Limits {
  std::uint64_t memory = 256ull << 20;  // all linear memories of an instance together
  std::uint64_t table_elements = k_most_table_elements;  // all tables of an instance together
  std::uint64_t core_instances = k_most_core_instances;  // of one component instance
  std::uint64_t cpu_time = 10'000'000'000;  // time inside the guest and its inline host calls
  std::uint64_t response_time =
      30'000'000'000;  // until the response head, or the result of a plain call
  std::uint64_t idle_time = 60'000'000'000;  // without a byte on a body that one side waits for
  // What a request body must bring on average while it is waited for, until the response head. Not
  // a most but a least; the value and the grace are Kestrel's (MinRequestBodyDataRate).
  std::uint64_t body_rate = 240;
  std::uint64_t calls = 256;                 // at once, in the whole process, per component
  std::uint64_t waiting = 1024;              // calls that wait for their turn, in the whole process
  std::uint64_t header_count = 128;          // fields of one request or response
  std::uint64_t header_bytes = 64ull << 10;  // names and values of one request or response
  std::uint64_t body_bytes = 0;              // of one request body
  std::uint64_t host_objects = 4096;         // handles that the guest may hold at once
  std::uint64_t host_bytes = 16ull
                             << 20;  // what the host holds for the guest: fields, bodies, images
  std::uint64_t hostcall_bytes = 128ull << 20;  // that one call of an import may hand to the host
  std::uint64_t log_lines = 1000;  // a second, in the whole process; bursts of five times as many
};

enum class LimitUnit { bytes, time, rate, count };

struct LimitSpec {
  std::string_view key;  // as in the manifest: "cpu_time"
  LimitUnit unit;
  std::uint64_t Limits::* value;
  std::uint64_t
      smallest;  // a setting below this is refused: nothing could run; 0 is always "no limit"
  std::string_view what;      // for messages and help: "CPU time of one call"
  std::uint64_t largest = 0;  // what the engine reserves room for; 0: a setting may be any
};

// Every limit, in the order of the struct.
std::span<const LimitSpec> limit_specs();

// Reads "64MiB", "500ms", "10s", "2m", "240B/s", "1000", by the unit of the limit. invalid: says
// what forms it takes.
Result<std::uint64_t> parse_limit(const LimitSpec& spec, std::string_view text);
// "64 MiB", "500 ms", "240 B/s", "1000".
std::string limit_text(LimitUnit unit, std::uint64_t value);

}  // namespace weft::contracts
