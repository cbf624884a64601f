// Sentences about limits that name the limit, its value, the component and where to raise it.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "contracts/limits.h"
#include "engine/wasmtime/engine.h"

namespace weft::engine {

// Where a limit was set: its key and a place such as "app.yaml:12", or the option that sets it:
// "--limit memory=VALUE".
using LimitOrigins = std::vector<std::pair<std::string, std::string>>;

struct ExceededLimit {
  std::string_view key;     // of contracts::limit_specs
  std::uint64_t value = 0;  // 0: the component's own setting
  std::uint64_t used = 0;   // or wanted; 0: not known
};

// "shop-web exceeded its limit cpu_time of 10 s (10.2 s used); raise `cpu_time` in app.yaml:12".
std::string limit_message(std::string_view component, const contracts::Limits& limits,
                          const LimitOrigins& origins, const ExceededLimit& exceeded);

// The manifest's name for a limit of the engine; empty for ENG_LIMIT_NONE.
std::string_view limit_key(eng_limit_kind kind);

eng_limits engine_limits(const contracts::Limits& limits);

}  // namespace weft::engine
