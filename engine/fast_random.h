// Random numbers for ids that need to be distinct but not secret: spans, requests. No system call after the seed.
#pragma once
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>

#include "base/clock.h"

namespace weft::engine {

// xoshiro256++ (Blackman and Vigna, public domain), seeded once from `seed`. One thread only.
class FastRandom final : public Random {
 public:
  explicit FastRandom(Random& seed) {
    seed.fill(std::as_writable_bytes(std::span(state_)));
    if (state_ == std::array<std::uint64_t, 4>{}) state_[0] = 1;
  }

  std::uint64_t next() {
    const std::uint64_t result = std::rotl(state_[0] + state_[3], 23) + state_[0];
    const std::uint64_t shifted = state_[1] << 17;
    state_[2] ^= state_[0];
    state_[3] ^= state_[1];
    state_[1] ^= state_[2];
    state_[0] ^= state_[3];
    state_[2] ^= shifted;
    state_[3] = std::rotl(state_[3], 45);
    return result;
  }

  void fill(std::span<std::byte> bytes) override {
    while (!bytes.empty()) {
      const std::uint64_t value = next();
      const std::size_t size = bytes.size() < sizeof(value) ? bytes.size() : sizeof(value);
      std::memcpy(bytes.data(), &value, size);
      bytes = bytes.subspan(size);
    }
  }

 private:
  std::array<std::uint64_t, 4> state_{};
};

}  // namespace weft::engine
