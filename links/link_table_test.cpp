#include "links/link_table.h"

#include <gtest/gtest.h>

namespace weft::links {
namespace {

TEST(LinkTable, finds_the_target_by_source_name_and_contract) {
  const auto table = LinkTable::make({{"web", "default", "shop:pricing/api", "pricing"},
                                      {"web", "sale", "shop:pricing/api", "pricing-sale"},
                                      {"cart", "default", "wasi:keyvalue/store", "kv"}});

  ASSERT_TRUE(table);
  EXPECT_EQ((*table)->find("web", "default", "shop:pricing/api@1.2.0")->target, "pricing");
  EXPECT_EQ((*table)->find("web", "sale", "shop:pricing/api")->target, "pricing-sale");
  EXPECT_EQ((*table)->find("web", "default", "wasi:keyvalue/store"), nullptr);
  EXPECT_EQ((*table)->find("cart", "other", "wasi:keyvalue/store@0.2.0-draft"), nullptr);
}

TEST(LinkTable, refuses_two_targets_for_one_link_and_names_both) {
  const auto table = LinkTable::make(
      {{"web", "default", "shop:pricing/api", "a"}, {"web", "default", "shop:pricing/api", "b"}});

  ASSERT_FALSE(table);
  EXPECT_EQ(table.error().code, Errc::conflict);
  EXPECT_NE(table.error().message.find("to a and to b"), std::string::npos);
}

}  // namespace
}  // namespace weft::links
