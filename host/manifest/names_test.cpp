#include "host/manifest/names.h"

#include <gtest/gtest.h>

namespace weft::manifest {
namespace {

TEST(ManifestName, has_letters_digits_underscores_and_dashes) {
  for (const auto* name : {"shop", "my-app", "my_app", "v2-v3-final", "-", "7", "Müller", "店"}) {
    EXPECT_TRUE(is_manifest_name(name)) << name;
  }
  for (const auto* name :
       {"", "my.app", "my app", "a/b", "a\n", "sh€p", "a\xff", "🙂", "a\u2014b"}) {
    EXPECT_FALSE(is_manifest_name(name)) << name;
  }
}

TEST(LabelKey, may_have_a_domain_in_front) {
  const std::string longest(63, 'a');
  for (const auto& key :
       {std::string("team"), std::string("a.b_c-d"), longest, std::string("example.com/team"),
        std::string("e1.x-y/T"), "example.com/" + longest}) {
    EXPECT_TRUE(is_label_key(key)) << key;
  }
  for (const auto& key :
       {std::string(""), std::string("-a"), std::string("a-"), std::string("a b"), longest + "a",
        std::string("/a"), std::string("a/"), std::string("1a.com/x"), std::string("a..b/x"),
        std::string("a-/x"), std::string("a/b/c"), std::string(254, 'a') + "/x"}) {
    EXPECT_FALSE(is_label_key(key)) << key;
  }
}

TEST(ComponentIds, are_made_as_wadm_makes_them) {
  EXPECT_EQ(component_id("my-app", "http server").text(), "my_app-http_server");
  EXPECT_EQ(component_id("Shop", "API.v2").text(), "shop-api_v2");
  EXPECT_EQ(component_id("Müller", "ÄÖ1").text(), "m_ller-__1");
  EXPECT_EQ(component_id("a", "\u212a").text(), "a-k");
  EXPECT_EQ(config_id("my-app", "kv.url"), "my_app-kv_url");
  EXPECT_EQ(secret_id("my-app", "db-password"), "SECRET_my_app-db_password");
}

}  // namespace
}  // namespace weft::manifest
