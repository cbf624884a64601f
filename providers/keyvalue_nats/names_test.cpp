#include "providers/keyvalue_nats/names.h"

#include <gtest/gtest.h>

namespace weft::providers::keyvalue_nats {
namespace {

std::string name(std::string_view bucket, std::string_view key) {
  return name_of(bucket, key).text;
}
std::string key(std::string_view bucket, std::string_view from) {
  return key_named(bucket, from, {}).value_or("(none)");
}

TEST(NatsNames, are_the_keys_themselves_in_the_default_bucket_where_nats_allows_it) {
  for (const auto* plain : {"a", "users.7", "a=b", "/x/_-", "dGVzdA=="}) {
    EXPECT_EQ(name("default", plain), plain);
    EXPECT_EQ(key("default", plain), plain);
  }
}

TEST(NatsNames, are_escaped_where_it_does_not_and_in_other_buckets) {
  EXPECT_EQ(name("default", ""), "weft=default.k");
  EXPECT_EQ(name("default", "a b"), "weft=default.ka=20b");
  EXPECT_EQ(name("default", ".a"), "weft=default.k=2Ea");
  EXPECT_EQ(name("default", "weft=x"), "weft=default.kweft=3Dx");
  EXPECT_EQ(name("orders", "users.7"), "weft=orders.kusers=2E7");
  EXPECT_EQ(name("a.b", "*"), "weft=a=2Eb.k=2A");
  for (const auto* odd : {"", "a b", ".a", "a.", "a..b", "weft=x", "\xc3\xa4", "a\nb", ">"})
    EXPECT_EQ(key("default", name("default", odd)), odd);
}

TEST(NatsNames, that_are_too_long_are_a_hash_and_the_key_is_in_a_header) {
  const std::string longer(2000, 'k');
  const auto made = name_of("b", longer);

  net::nats::HeaderBlock block;
  ASSERT_TRUE(block.add(k_key_header, made.key_header));
  EXPECT_EQ(made.text.size(), std::string("weft=b.h").size() + 64);
  EXPECT_EQ(key_named("b", made.text, *net::nats::Headers::parse(block.text())), longer);
  EXPECT_EQ(key("b", made.text), "(none)");
  EXPECT_NE(name_of("b", longer + "k").text, made.text);
}

TEST(NatsNames, lead_to_no_key_that_would_have_another_name) {
  EXPECT_EQ(key("default", "weft=orders.ka"), "(none)");
  EXPECT_EQ(key("orders", "a"), "(none)");
  EXPECT_EQ(key("default", "weft=default.ka"), "(none)");
  EXPECT_EQ(key("orders", "weft=orders.k=2e"), "(none)");
  EXPECT_EQ(key("orders", "weft=orders.k=2"), "(none)");
  EXPECT_EQ(key("orders", "weft=orders.xa"), "(none)");
  EXPECT_EQ(key("orders", "weft=orders.k=FF"), "(none)");
}

}  // namespace
}  // namespace weft::providers::keyvalue_nats
