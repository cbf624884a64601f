#include "contracts/adapter.h"

#include <gtest/gtest.h>

namespace weft::contracts {
namespace {

TEST(Handles, find_what_was_added_until_it_is_removed) {
  Handles handles(0);
  const auto rep = handles.add("orders");
  ASSERT_TRUE(rep);

  EXPECT_EQ(handles.find(*rep), "orders");
  handles.remove(*rep);

  EXPECT_EQ(handles.find(*rep).error().code, Errc::invalid);
  EXPECT_EQ(handles.size(), 0u);
}

TEST(Handles, refuse_one_past_the_limit_and_name_it) {
  Handles handles(2);
  ASSERT_TRUE(handles.add("a"));
  const auto second = handles.add("b");

  const auto third = handles.add("c");

  ASSERT_FALSE(third);
  EXPECT_EQ(third.error().code, Errc::exhausted);
  EXPECT_NE(third.error().message.find("2 handles"), std::string::npos);
  handles.remove(*second);
  EXPECT_TRUE(handles.add("d"));
}

TEST(Handles, keep_views_valid_while_others_are_added) {
  Handles handles(0);
  const auto view = handles.find(*handles.add("short"));

  for (int i = 0; i < 1000; ++i) ASSERT_TRUE(handles.add("another"));

  EXPECT_EQ(view, "short");
}

TEST(Handles, take_numbers_nobody_gave_out_without_harm) {
  Handles handles(0);

  EXPECT_FALSE(handles.find(0));
  EXPECT_FALSE(handles.find(7));
  handles.remove(7);
  handles.remove(0);

  EXPECT_EQ(handles.size(), 0u);
}

}  // namespace
}  // namespace weft::contracts
