#include "engine/world.h"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <span>
#include <utility>

#include "engine/guest_context.h"
#include "engine/handles.h"

namespace weft::engine {
namespace {

World& world_of(void* user) { return *static_cast<World*>(user); }

// Longer than any process lives, and far from overflow.
constexpr std::uint64_t k_longest_sleep_ns = 365ull * 24 * 3600 * 1'000'000'000;

}  // namespace

eng_world World::callbacks() {
  held_by_setting_ = shared_from_this();
  eng_world world{};
  world.user = this;
  world.monotonic_ns = [](void* user) -> std::uint64_t {
    const auto since = world_of(user).clock_.now().time_since_epoch();
    return static_cast<std::uint64_t>(std::chrono::nanoseconds(since).count());
  };
  world.wall = [](void* user, std::uint64_t* seconds, std::uint32_t* nanoseconds) {
    const auto since =
        std::chrono::nanoseconds(world_of(user).clock_.wall().time_since_epoch()).count();
    *seconds = static_cast<std::uint64_t>(since / 1'000'000'000);
    *nanoseconds = static_cast<std::uint32_t>(since % 1'000'000'000);
  };
  world.random = [](void* user, std::uint8_t* out, std::size_t size) {
    world_of(user).random_.fill(std::as_writable_bytes(std::span(out, size)));
  };
  world.write = [](void*, void* context, std::uint32_t fd, eng_slice bytes) {
    GuestContext::from(context).on_output(fd, view(bytes));
  };
  world.sleep = [](void* user, void*, std::uint64_t ns, const eng_wake* wake) {
    world_of(user).sleep(ns, wake);
  };
  world.cancel = [](void* user, const eng_wake* wake) { world_of(user).wake(wake); };
  world.released = [](void* user) { std::exchange(world_of(user).held_by_setting_, nullptr); };
  return world;
}

void World::sleep(std::uint64_t ns, const eng_wake* sleeper) {
  const auto ring = [this, sleeper] { wake(sleeper); };
  auto& alarm = sleepers_.try_emplace(sleeper, io_.get_executor(), clock_, ring).first->second;
  alarm.set(clock_.now() + std::chrono::nanoseconds(std::min(ns, k_longest_sleep_ns)));
}

// Its time has come, or it was cancelled.
void World::wake(const eng_wake* sleeper) {
  if (sleepers_.erase(sleeper) != 0) eng_wake_fire(sleeper);
}

}  // namespace weft::engine
