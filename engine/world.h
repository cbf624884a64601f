// The clocks and chance that guests find: ours, so that a test can replace them.
#pragma once
#include <boost/asio/io_context.hpp>
#include <cstdint>
#include <memory>
#include <unordered_map>

#include "base/alarm.h"
#include "base/clock.h"
#include "engine/wasmtime/engine.h"

namespace weft::engine {

// Behind one eng_setting; used by the thread of `io` only, and kept by the setting until no call
// uses it.
class World final : public std::enable_shared_from_this<World> {
 public:
  // All three outlive every guest that sees this world.
  World(boost::asio::io_context& io, const Clock& clock, Random& random)
      : io_(io), clock_(clock), random_(random) {}

  // Callbacks that hold this world until `released`.
  eng_world callbacks();
  // No setting was made with the callbacks after all.
  void abandon() { held_by_setting_.reset(); }

 private:
  void sleep(std::uint64_t ns, const eng_wake* sleeper);
  void wake(const eng_wake* sleeper);

  boost::asio::io_context& io_;
  const Clock& clock_;
  Random& random_;
  std::unordered_map<const eng_wake*, Alarm> sleepers_;
  std::shared_ptr<World> held_by_setting_;
};

}  // namespace weft::engine
