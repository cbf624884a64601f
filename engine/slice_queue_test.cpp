#include "engine/slice_queue.h"

#include <gtest/gtest.h>

#include <array>
#include <cstdint>
#include <map>
#include <vector>

namespace weft::engine {
namespace {

constexpr std::uint64_t k_ms = 1'000'000;

struct SliceQueueTest : testing::Test {
  // The queue only passes tasks on: any address will do.
  const eng_task* task(std::size_t i) const {
    return reinterpret_cast<const eng_task*>(&places.at(i));
  }
  std::array<std::uint64_t, 200> places{};
  SliceQueue queue;
};

TEST_F(SliceQueueTest, gives_those_that_used_little_before_those_that_used_much) {
  queue.push(task(0), 1000 * k_ms);
  queue.push(task(1), 100 * k_ms);
  queue.push(task(2), 10 * k_ms);

  EXPECT_EQ(queue.pop(), task(2));
  EXPECT_EQ(queue.pop(), task(1));
  EXPECT_EQ(queue.pop(), task(0));
  EXPECT_TRUE(queue.empty());
}

TEST_F(SliceQueueTest, takes_tasks_of_one_level_in_turn) {
  queue.push(task(0), 24 * k_ms);
  queue.push(task(1), 6 * k_ms);
  queue.push(task(2), 15 * k_ms);

  EXPECT_EQ(queue.pop(), task(0));
  EXPECT_EQ(queue.pop(), task(1));
  EXPECT_EQ(queue.pop(), task(2));
}

TEST_F(SliceQueueTest, begins_a_level_at_its_bound) {
  queue.push(task(0), 25 * k_ms);
  queue.push(task(1), 25 * k_ms - 1);
  queue.push(task(2), 250 * k_ms);
  queue.push(task(3), 250 * k_ms - 1);

  EXPECT_EQ(queue.pop(), task(1));
  EXPECT_EQ(queue.pop(), task(0));
  EXPECT_EQ(queue.pop(), task(3));
}

TEST_F(SliceQueueTest, gives_every_fourth_slice_to_the_busiest_so_that_nobody_starves) {
  queue.push(task(0), 1000 * k_ms);
  queue.push(task(1), 1000 * k_ms);
  std::map<const eng_task*, int> slices;

  for (std::size_t round = 0; round < 80; ++round) {
    // There is always one that has hardly run.
    queue.push(task(2), 6 * k_ms);
    const auto* next = queue.pop();
    ++slices[next];
    if (next != task(2)) queue.push(next, 1000 * k_ms);
  }

  EXPECT_EQ(slices[task(2)], 60);
  EXPECT_EQ(slices[task(0)], 10);
  EXPECT_EQ(slices[task(1)], 10);
}

TEST_F(SliceQueueTest, lets_a_newcomer_pass_a_hundred_loops) {
  for (std::size_t i = 0; i < 100; ++i) queue.push(task(i), 1000 * k_ms);
  queue.push(task(100), 6 * k_ms);

  int waited = 0;
  while (queue.pop() != task(100)) ++waited;

  EXPECT_LE(waited, 1);
}

TEST_F(SliceQueueTest, forgets_a_removed_task_of_any_level_and_says_whether_it_was_there) {
  const std::vector<std::uint64_t> used = {6 * k_ms, 100 * k_ms, 1000 * k_ms};
  for (std::size_t i = 0; i < used.size(); ++i) queue.push(task(i), used[i]);

  for (std::size_t i = 0; i < used.size(); ++i) {
    EXPECT_TRUE(queue.remove(task(i)));
    EXPECT_FALSE(queue.remove(task(i)));
  }

  EXPECT_TRUE(queue.empty());
}

}  // namespace
}  // namespace weft::engine
