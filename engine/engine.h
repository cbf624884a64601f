// Wasmtime, opened with what the machine allows, and the components compiled with it.
#pragma once
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/log.h"
#include "base/result.h"
#include "engine/artifact.h"
#include "engine/artifact_cache.h"
#include "engine/handles.h"
#include "engine/running_guests.h"

namespace weft::engine {

struct EngineSettings {
  std::uint32_t threads = 1;                  // that run guests
  std::uint32_t guests = 1000;                // at once in the process, callees of callees included
  std::uint64_t largest_memory = 1ull << 30;  // of any guest, where address space is short
  std::chrono::microseconds tick{5000};       // between looks at the CPU time of computing guests
  std::filesystem::path cache{};              // folder of compiled components; empty: none are kept
  std::vector<const contracts::Adapter*> adapters{};  // each outlives the engine
};

// "wasmtime 48.0.8".
std::string engine_version();

enum class LoadStage { found_in_cache, compiling, compiled };
// Called on the thread of load().
using LoadProgress = std::function<void(LoadStage)>;

// One per process. Any thread. Must outlive everything made from it.
class Engine {
 public:
  // Address space for every guest's memory at full speed, else small slots with bounds checks, else
  // memory on demand; a fall-back is logged. exhausted: not even the last works.
  static Result<std::unique_ptr<Engine>> open(EngineSettings settings, Log& log);

  // The compiled component, from the cache or compiled now (seconds for large ones). The same
  // binary gives the same object while anyone holds it. Errors: those of check_component, and
  // invalid for what Wasmtime cannot compile.
  Result<std::shared_ptr<const Artifact>> load(std::string wasm, std::string name,
                                               const LoadProgress& progress = {});

  const eng_engine& handle() const { return *handle_; }
  const EngineSettings& settings() const { return settings_; }
  std::uint32_t guests_per_thread() const;
  // Of all threads; they share it.
  RunningGuests& running_guests() { return running_guests_; }

 private:
  Engine(EngineSettings settings, EngineHandle handle, Log& log);
  Result<ComponentHandle> compile(const std::string& wasm, const std::string& digest,
                                  const std::string& name, const LoadProgress& progress);

  const EngineSettings settings_;
  const EngineHandle handle_;
  ArtifactCache cache_;
  RunningGuests running_guests_;
  std::mutex mutex_;  // several threads load
  std::unordered_map<std::string, std::weak_ptr<const Artifact>>
      loaded_;  // by digest; guarded by mutex_
};

}  // namespace weft::engine
