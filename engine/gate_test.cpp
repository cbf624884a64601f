#include "engine/gate.h"

#include <gtest/gtest.h>

#include <vector>

namespace weft::engine {
namespace {

struct Call final : Waiter {
  std::vector<Call*>* started;
  explicit Call(std::vector<Call*>& list) : started(&list) {}
  void on_admitted(Gate&) override { started->push_back(this); }
};

struct Fixture : testing::Test {
  boost::asio::io_context io{1};
  std::vector<Call*> started;
  Call a{started}, b{started}, c{started};
  void turn() {
    io.restart();
    io.poll();
  }
};

using GateTest = Fixture;

TEST_F(GateTest, admits_as_many_as_it_has_places_and_refuses_when_the_queue_is_full) {
  Gate gate(io, {.places = 1, .waiting = 1});

  EXPECT_EQ(gate.enter(a, 0), Entry::admitted);
  EXPECT_EQ(gate.enter(b, 0), Entry::waiting);
  EXPECT_EQ(gate.enter(c, 0), Entry::refused);
}

TEST_F(GateTest, starts_the_next_waiter_from_the_loop_when_one_leaves) {
  Gate gate(io, {.places = 1, .waiting = 2});
  (void)gate.enter(a, 0);
  (void)gate.enter(b, 0);
  (void)gate.enter(c, 0);

  gate.leave();
  EXPECT_TRUE(started.empty());
  turn();

  EXPECT_EQ(started, std::vector<Call*>{&b});
  EXPECT_EQ(gate.running(), 1u);
  EXPECT_EQ(gate.waiting(), 1u);
}

TEST_F(GateTest, starts_as_many_waiters_as_places_became_free_in_one_turn) {
  Gate gate(io, {.places = 2, .waiting = 2});
  (void)gate.enter(a, 0);
  (void)gate.enter(a, 0);
  (void)gate.enter(b, 0);
  (void)gate.enter(c, 0);

  gate.leave();
  gate.leave();
  turn();

  EXPECT_EQ(started, (std::vector<Call*>{&b, &c}));
  EXPECT_EQ(gate.running(), 2u);
}

TEST_F(GateTest, forgets_a_waiter_that_withdraws) {
  Gate gate(io, {.places = 1, .waiting = 2});
  (void)gate.enter(a, 0);
  (void)gate.enter(b, 0);
  (void)gate.enter(c, 0);

  gate.withdraw(b);
  gate.leave();
  turn();

  EXPECT_EQ(started, std::vector<Call*>{&c});
}

TEST_F(GateTest, keeps_places_for_callees_so_that_callers_never_hold_all) {
  Gate gate(io, {.places = 4, .waiting = 8, .depths = GateSettings::Depths::reserve});

  EXPECT_EQ(gate.enter(a, 0), Entry::admitted);
  EXPECT_EQ(gate.enter(a, 0), Entry::admitted);
  EXPECT_EQ(gate.enter(b, 0), Entry::waiting);
  EXPECT_EQ(gate.enter(c, 1), Entry::admitted);
  EXPECT_EQ(gate.enter(c, 2), Entry::admitted);
}

TEST_F(GateTest, refuses_a_callee_for_whom_nothing_was_kept_when_its_callers_may_hold_all) {
  Gate gate(io, {.places = 2, .waiting = 8, .depths = GateSettings::Depths::reserve});
  EXPECT_EQ(gate.enter(a, 0), Entry::admitted);
  EXPECT_EQ(gate.enter(b, 1), Entry::admitted);

  EXPECT_EQ(gate.enter(c, 0), Entry::waiting);
  EXPECT_EQ(gate.enter(c, 1), Entry::waiting);
  EXPECT_EQ(gate.enter(c, 2), Entry::refused);
  EXPECT_EQ(gate.enter(c, 32), Entry::refused);
}

TEST_F(GateTest, admits_nobody_behind_a_call_whose_place_was_none_until_one_may_be_free) {
  Gate gate(io, {.places = 3, .waiting = 8});
  (void)gate.enter(a, 0);
  (void)gate.enter(b, 0);

  gate.put_back(b, 0);
  EXPECT_EQ(gate.enter(c, 0), Entry::waiting);
  turn();
  EXPECT_TRUE(started.empty());

  gate.try_again();
  turn();
  EXPECT_EQ(started, (std::vector<Call*>{&b, &c}));
}

TEST_F(GateTest, tries_the_deepest_first_of_those_whose_places_were_none) {
  Gate gate(io, {.places = 3, .waiting = 8});
  (void)gate.enter(a, 0);
  (void)gate.enter(b, 1);
  (void)gate.enter(c, 0);
  gate.put_back(b, 1);
  gate.put_back(c, 0);

  gate.leave();
  turn();

  EXPECT_EQ(started.front(), &b);
}

TEST_F(GateTest, is_gone_before_a_posted_admission_without_harm) {
  {
    Gate gate(io, {.places = 1, .waiting = 1});
    (void)gate.enter(a, 0);
    (void)gate.enter(b, 0);
    gate.leave();
    gate.withdraw(b);
  }
  turn();

  EXPECT_TRUE(started.empty());
}

}  // namespace
}  // namespace weft::engine
