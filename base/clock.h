// Time and chance as parameters, so that a test can be both.
#pragma once
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>

namespace weft {

using MonotonicTime = std::chrono::steady_clock::time_point;
using WallTime = std::chrono::system_clock::time_point;

// The moments of a clock that is moved by hand, on behalf of alarms (base/alarm.h). Thread-safe.
class Moments {
 public:
  // Calls `come` once when the clock stands at `at` or later: at once if it does, otherwise from
  // whoever moves it. `come` must not block, nor ask anything of the clock. Never returns 0.
  virtual std::uint64_t expect(MonotonicTime at, std::function<void()> come) = 0;
  // When this returns `come` is not running, and will not.
  virtual void forget(std::uint64_t moment) = 0;

 protected:
  ~Moments() = default;
};

// Thread-safe.
class Clock {
 public:
  virtual ~Clock() = default;
  virtual MonotonicTime now() const = 0;
  virtual WallTime wall() const = 0;
  // Null: time passes by itself, as the system's timers see it.
  virtual Moments* moments() const = 0;
  // wall() as of some milliseconds ago, for a fraction of its cost.
  virtual WallTime coarse_wall() const = 0;
};

// Thread-safe. Cryptographically strong where it stands for the system.
class Random {
 public:
  virtual ~Random() = default;
  virtual void fill(std::span<std::byte> bytes) = 0;
};

class SystemClock final : public Clock {
 public:
  MonotonicTime now() const override { return std::chrono::steady_clock::now(); }
  WallTime wall() const override { return std::chrono::system_clock::now(); }
  WallTime coarse_wall() const override;
  Moments* moments() const override { return nullptr; }
};

class SystemRandom final : public Random {
 public:
  void fill(std::span<std::byte> bytes) override;
};

}  // namespace weft
