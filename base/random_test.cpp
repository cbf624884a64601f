#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <vector>

#include "base/clock.h"
#include "base/quick_random.h"

namespace weft {
namespace {

// The words 1, 2, 3, 4 in memory.
struct Counting final : Random {
  void fill(std::span<std::byte> bytes) override {
    const std::array<std::uint64_t, 4> words = {1, 2, 3, 4};
    ASSERT_EQ(bytes.size(), sizeof words);
    std::memcpy(bytes.data(), words.data(), sizeof words);
  }
};

// Fills `size` bytes in the middle of more, and answers how often each of them was written to in
// 16 rounds; the bytes beside must stay.
void expect_fills(Random& random, std::size_t size) {
  constexpr std::byte mark{0xa5};
  std::vector<std::byte> seen(size);
  for (int round = 0; round < 16; ++round) {
    std::vector<std::byte> bytes(size + 2, mark);
    random.fill(std::span(bytes).subspan(1, size));
    EXPECT_EQ(bytes.front(), mark) << size;
    EXPECT_EQ(bytes.back(), mark) << size;
    for (std::size_t i = 0; i < size; ++i) seen[i] |= bytes[i + 1] ^ mark;
  }
  // A byte that nobody writes never changes; one that is random stays sixteen times once in 2^128.
  EXPECT_EQ(std::ranges::count(seen, std::byte{0}), 0) << size;
}

TEST(SystemRandom, fills_every_byte_asked_for_and_no_other) {
  SystemRandom random;

  for (const std::size_t size : {0, 1, 7, 8, 9, 255, 256, 257, 100'000}) expect_fills(random, size);
}

TEST(SystemRandom, never_says_the_same_twice) {
  SystemRandom random;
  std::array<std::byte, 16> first{}, second{};

  random.fill(first);
  random.fill(second);

  EXPECT_NE(first, second);
}

// The first numbers of the authors' own program for this state.
TEST(QuickRandom, is_the_published_generator) {
  Counting seed;
  QuickRandom random(seed);

  for (const std::uint64_t expected :
       {41943041ull, 58720359ull, 3588806011781223ull, 3591011842654386ull, 9228616714210784205ull})
    EXPECT_EQ(random.next(), expected);
}

TEST(QuickRandom, fills_every_byte_asked_for_and_no_other) {
  SystemRandom seed;
  QuickRandom random(seed);

  for (const std::size_t size : {0, 1, 7, 8, 9, 16, 31, 100}) expect_fills(random, size);
}

TEST(QuickRandom, of_two_seeds_says_two_things) {
  SystemRandom seed;
  QuickRandom one(seed), other(seed);

  EXPECT_NE(one.next(), other.next());
}

}  // namespace
}  // namespace weft
