#include "engine/running_guests.h"

#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>
#include <cstdint>

namespace weft::engine {
namespace {

// A thread, as far as those who wait for places are concerned: its pool, with one call that was put
// back.
struct Waiting final : Waiter {
  explicit Waiting(RunningGuests& all) : guests(all, pool) {
    (void)pool.enter(*this, 0);
    pool.put_back(*this, 0);
  }
  ~Waiting() { pool.withdraw(*this); }
  void on_admitted(Gate& gate) override {
    ++tries;
    gate.put_back(*this, 0);
  }
  int tried() {
    io.restart();
    io.poll();
    return tries;
  }

  boost::asio::io_context io{1};
  Gate pool{io, {.places = 1, .waiting = 1}};
  RunningGuests::Member guests;
  int tries = 0;
};

TEST(RunningGuests, tell_each_thread_that_watches_of_one_end) {
  RunningGuests all;
  Waiting a(all), b(all), idle(all), busy(all);
  for (int i = 0; i < 3; ++i) busy.guests.began(0);
  EXPECT_TRUE(a.guests.watch());
  EXPECT_TRUE(b.guests.watch());

  busy.guests.ended(0);
  busy.guests.ended(0);

  EXPECT_EQ(a.tried(), 1);
  EXPECT_EQ(b.tried(), 1);
  EXPECT_EQ(idle.tried(), 0);
  EXPECT_TRUE(a.guests.watch());
  busy.guests.ended(0);
  EXPECT_EQ(a.tried(), 2);
  EXPECT_EQ(b.tried(), 1);
}

TEST(RunningGuests, watch_once_however_often_they_are_asked) {
  RunningGuests all;
  Waiting a(all), busy(all);
  busy.guests.began(0);
  EXPECT_FALSE(a.guests.was_full());

  EXPECT_TRUE(a.guests.watch());
  EXPECT_FALSE(a.guests.watch());

  EXPECT_TRUE(busy.guests.was_full());
  busy.guests.ended(0);
  EXPECT_EQ(a.tried(), 1);
  EXPECT_TRUE(a.guests.watch());
}

TEST(RunningGuests, forget_a_thread_that_watched) {
  RunningGuests all;
  Waiting b(all), busy(all);
  {
    Waiting a(all);
    EXPECT_TRUE(a.guests.watch());
  }
  busy.guests.began(0);
  EXPECT_TRUE(b.guests.watch());

  busy.guests.ended(0);

  EXPECT_EQ(b.tried(), 1);
}

TEST(RunningGuests, are_seen_on_all_threads_from_their_depth_on) {
  RunningGuests all;
  Waiting a(all), b(all);
  constexpr std::uint32_t deepest = 1000;

  b.guests.began(2);
  EXPECT_TRUE(a.guests.any(0));
  EXPECT_TRUE(a.guests.any(2));
  EXPECT_FALSE(a.guests.any(3));
  b.guests.began(deepest);
  EXPECT_TRUE(a.guests.any(3));
  EXPECT_TRUE(a.guests.any(deepest));

  b.guests.withdrew(2);
  b.guests.ended(deepest);
  EXPECT_FALSE(a.guests.any(0));
}

}  // namespace
}  // namespace weft::engine
