// One component of one application: an artifact and what this deployment grants it. Immutable,
// shared by the threads.
#pragma once
#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "base/error.h"
#include "base/id.h"
#include "base/result.h"
#include "contracts/host_service.h"
#include "contracts/limits.h"
#include "engine/engine.h"
#include "engine/limit_text.h"

namespace weft::engine {

enum class Access { read_only, read_write };
struct GuestDir {
  std::string host;   // path of a folder
  std::string guest;  // where the guest finds it
  Access access = Access::read_only;
};

// Where the standard streams of a guest lead.
enum class Stdio { log, terminal };

// What guests find by wasi:config and among their environment variables.
using Config = std::map<std::string, std::string>;

struct ComponentSpec {
  ComponentId id{};
  std::shared_ptr<const Artifact> artifact{};
  contracts::Limits limits{};
  LimitOrigins origins{};  // to begin with
  // To begin with; ComponentShard::adopt changes them.
  Config config{};
  std::shared_ptr<const contracts::Secrets> secrets{};  // null: none
  std::vector<std::string> arguments{};                 // the program's name first
  std::vector<GuestDir> dirs{};
  Stdio stdio = Stdio::log;
};

// A reading of a component's counters.
struct Counts {
  static constexpr std::size_t k_codes = static_cast<std::size_t>(Errc::internal) + 1;
  std::uint64_t calls = 0;      // begun
  std::uint64_t in_flight = 0;  // begun and not over, those that wait included
  std::uint64_t waiting = 0;
  std::uint64_t refused = 0;                    // because the queue was full
  std::uint64_t cpu_ns = 0;                     // of calls that are over
  std::uint64_t lines_missing = 0;              // log lines over the limit
  std::array<std::uint64_t, k_codes> errors{};  // by Errc
};

// A number with one writer and many readers: no locked instruction needed.
class Counter {
 public:
  void add(std::uint64_t n) { value_.store(get() + n, std::memory_order_relaxed); }
  void sub(std::uint64_t n) { value_.store(get() - n, std::memory_order_relaxed); }
  std::uint64_t get() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::uint64_t> value_{0};
};

// Written by one shard, read by anyone.
struct alignas(64) Counters {
  Counter calls, in_flight, waiting, refused, cpu_ns, lines_missing;
  std::array<Counter, Counts::k_codes> errors;
};

class Component {
 public:
  // invalid: its imports cannot be linked, see Artifact::linked.
  static Result<std::shared_ptr<const Component>> open(ComponentSpec spec, const Engine& engine);
  // For open() only.
  Component(ComponentSpec spec, const Linked& linked);

  const ComponentSpec& spec() const { return spec_; }
  const std::string& id() const { return spec_.id.str(); }
  const Linked& linked() const { return linked_; }
  const eng_limits& limits() const { return limits_; }
  std::string limit_message(const ExceededLimit& exceeded) const;
  // The same limits, set at other places from now on. Any thread.
  void move_origins(LimitOrigins origins) const;

  // Summed over all shards that there ever were.
  Counts counts() const;
  // One more part of the sum; lives as long as the component.
  Counters& new_counters() const;

 private:
  const ComponentSpec spec_;
  const Linked& linked_;  // owned by the artifact
  const eng_limits limits_;
  mutable std::mutex origins_mutex_;
  mutable LimitOrigins origins_;                             // guarded by origins_mutex_
  mutable std::mutex mutex_;                                 // shards come and go on their threads
  mutable std::vector<std::unique_ptr<Counters>> counters_;  // guarded by mutex_
};

}  // namespace weft::engine
