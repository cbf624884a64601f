#include "contracts/interface_name.h"

#include <gtest/gtest.h>

namespace weft::contracts {
namespace {

TEST(InterfaceName, reads_a_full_name_and_writes_it_back) {
  const auto name = InterfaceName::parse("wasi:keyvalue/store@0.2.0-draft");

  ASSERT_TRUE(name);
  EXPECT_EQ(name->ns, "wasi");
  EXPECT_EQ(name->package, "keyvalue");
  EXPECT_EQ(name->interface, "store");
  EXPECT_EQ(name->version, "0.2.0-draft");
  EXPECT_EQ(name->text(), "wasi:keyvalue/store@0.2.0-draft");
  EXPECT_EQ(name->unversioned(), "wasi:keyvalue/store");
}

TEST(InterfaceName, needs_no_version) {
  const auto name = InterfaceName::parse("shop:pricing/api");

  ASSERT_TRUE(name);
  EXPECT_EQ(name->version, "");
  EXPECT_EQ(name->text(), "shop:pricing/api");
}

TEST(InterfaceName, says_what_is_wrong_with_other_texts) {
  for (const auto* text :
       {"", "store", "wasi:keyvalue", ":a/b", "a:/b", "a:b/", "a:b/c@", "a b:c/d"}) {
    const auto name = InterfaceName::parse(text);
    ASSERT_FALSE(name) << text;
    EXPECT_EQ(name.error().code, Errc::invalid);
  }
}

struct Versions {
  std::string_view wanted, offered;
  Match match;
};

class VersionMatch : public testing::TestWithParam<Versions> {};

TEST_P(VersionMatch, follows_the_component_models_canonical_names) {
  const auto [wanted, offered, match] = GetParam();

  EXPECT_EQ(match_versions(wanted, offered), match) << wanted << " against " << offered;
  EXPECT_EQ(match_versions(offered, wanted), match) << offered << " against " << wanted;
}

INSTANTIATE_TEST_SUITE_P(
    Pairs, VersionMatch,
    testing::Values(Versions{"0.2.6", "0.2.3", Match::yes}, Versions{"0.2.0", "0.3.0", Match::no},
                    Versions{"1.2.0", "1.9.4", Match::yes}, Versions{"1.0.0", "2.0.0", Match::no},
                    Versions{"0.0.1", "0.0.2", Match::no}, Versions{"0.0.1", "0.0.1", Match::yes},
                    Versions{"0.2.0-draft", "0.2.0-draft", Match::yes},
                    Versions{"0.2.0-draft", "0.2.0", Match::no},
                    Versions{"0.2.0-draft", "0.2.0-draft2", Match::no},
                    Versions{"", "", Match::yes}, Versions{"", "1.0.0", Match::no}));

}  // namespace
}  // namespace weft::contracts
