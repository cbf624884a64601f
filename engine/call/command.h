// Runs a command component (wasi:cli/run) from the terminal to its exit code.
#pragma once
#include <cstdint>

#include "base/result.h"
#include "engine/call/component_shard.h"

namespace weft::engine {

// Runs the program on the thread's loop until it ends; `imports` takes its calls.
// Thread::loop.stop() from another thread or a handler ends it early. cancelled: the loop was
// stopped; otherwise as a call of the shard.
Result<std::uint32_t> run_command(Thread& thread, ComponentShard& shard,
                                  contracts::Context context);

}  // namespace weft::engine
