// Numbers that need to be distinct and quick, not secret: request ids, trace ids.
#pragma once
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>

#include "base/clock.h"

namespace weft {

// xoshiro256++ (Blackman and Vigna), seeded once. One thread only; whoever needs secrets takes
// SystemRandom.
class QuickRandom final : public Random {
 public:
  explicit QuickRandom(Random& seed) { seed.fill(std::as_writable_bytes(std::span(state_))); }

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
      const std::uint64_t word = next();
      const std::size_t size = bytes.size() < sizeof word ? bytes.size() : sizeof word;
      std::memcpy(bytes.data(), &word, size);
      bytes = bytes.subspan(size);
    }
  }

 private:
  std::array<std::uint64_t, 4> state_{};
};

}  // namespace weft
