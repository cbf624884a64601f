#include "base/memory.h"

#include <gtest/gtest.h>
#include <sys/resource.h>

#include <cstdlib>
#include <cstring>
#include <thread>
#include <vector>

namespace weft {
namespace {

constexpr std::size_t k_block = 4 << 20;
constexpr int k_rounds = 20;
constexpr long k_pages = static_cast<long>(k_block / 4096);

// Pages that the kernel had to give for a few large blocks, taken and given back again and again on
// one of the program's threads.
long faults_of_blocks_that_come_and_go() {
  const auto faults = [] {
    rusage usage{};
    ::getrusage(RUSAGE_THREAD, &usage);
    return usage.ru_minflt;
  };
  long counted = 0;
  std::thread([&] {
    const auto round = [] {
      std::vector<void*> blocks(4);
      for (auto& block : blocks) {
        block = std::malloc(k_block);
        std::memset(block, 1, k_block);
      }
      for (auto* block : blocks) std::free(block);
    };
    round();
    const long before = faults();
    for (int i = 0; i < k_rounds; ++i) round();
    counted = faults() - before;
  }).join();
  return counted;
}

// Each test is a process of its own.
TEST(KeepLargeBlocks, spares_the_kernel_the_pages_of_a_block_that_comes_again) {
  keep_large_blocks();

  EXPECT_LT(faults_of_blocks_that_come_and_go(), k_pages);
}

TEST(KeepLargeBlocks, is_needed_with_this_c_library) {
  EXPECT_GT(faults_of_blocks_that_come_and_go(), k_rounds * k_pages);
}

}  // namespace
}  // namespace weft
