#include "providers/keyvalue_vault/names.h"

#include <gtest/gtest.h>

namespace weft::providers::keyvalue_vault {
namespace {

namespace kv = contracts::keyvalue;

std::string path(Layout layout, kv::Item item) {
  const auto made = secret_path(layout, item);
  return made ? *made : "no: " + made.error().message;
}

TEST(VaultNames, that_are_plain_stand_in_a_path_as_they_are) {
  EXPECT_EQ(path(Layout::secret_per_key, {"orders", "user:7"}), "orders/user:7");
  EXPECT_EQ(path(Layout::secret_per_key, {"v1.2", "a_b-c@d,e"}), "v1.2/a_b-c@d,e");
}

TEST(VaultNames, of_no_two_keys_are_the_same_and_all_lead_back) {
  for (const std::string name : {"", "=", "=41", "a/b", "a=2Fb", ".", "..", "a..b", ".a", " ", "a ",
                                 "\n", "\xc3\xa4", "%41", "*+"}) {
    EXPECT_EQ(name_of(segment(name)), name) << name;
    EXPECT_EQ(segment(name).find_first_of("/ %*+"), std::string::npos);
    EXPECT_EQ(segment(name).find(".."), std::string::npos);
  }
  EXPECT_EQ(segment("a/b"), "a=2Fb");
  EXPECT_EQ(segment("a.b.."), "a.b.=2E");
}

TEST(VaultNames, that_somebody_else_made_are_no_keys) {
  for (const auto* other : {"folder/", "a=", "a=4", "a=zz", "a=2f", "=41", "a b", ""})
    EXPECT_EQ(name_of(other), std::nullopt) << other;
}

TEST(VaultNames, of_buckets_are_paths_in_the_layout_of_the_1x_provider) {
  EXPECT_EQ(path(Layout::secret_per_bucket, {"shop/cart", "k"}), "shop/cart");
  EXPECT_EQ(path(Layout::secret_per_bucket, {"\u4e16:%{*}", "k"}), "\u4e16:%{*}");
  for (const auto* wrong : {"/a", "a/", "a//b", "..", "a/../b", ".", "./a", "a/.", "a\n", "a "})
    EXPECT_TRUE(path(Layout::secret_per_bucket, {wrong, "k"}).starts_with("no: ")) << wrong;
}

}  // namespace
}  // namespace weft::providers::keyvalue_vault
