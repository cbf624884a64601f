#include "providers/keyvalue_redis/names.h"

#include <gtest/gtest.h>

#include <set>
#include <string>
#include <vector>

#include "net/redis/slots.h"

namespace weft::providers::keyvalue_redis {
namespace {

std::string name(std::string_view bucket, std::string_view key) {
  Names names;
  return std::string(names.prefix(bucket, key)) + std::string(key);
}
std::string key(std::string_view bucket, std::string_view in_redis) {
  Names names;
  return std::string(key_named(bucket, names.prefix(bucket), in_redis).value_or("(none)"));
}

TEST(Names, leave_keys_of_the_default_bucket_as_the_1x_provider_wrote_them) {
  EXPECT_EQ(name("default", "user:7"), "user:7");
  EXPECT_EQ(key("default", "user:7"), "user:7");
}

TEST(Names, of_no_two_keys_are_the_same) {
  EXPECT_EQ(name("a", "b:c"), "weft:a:b:c");
  EXPECT_EQ(name("a:b", "c"), "weft:a%3Ab:c");
  EXPECT_EQ(name("a%3Ab", "c"), "weft:a%253Ab:c");
  EXPECT_EQ(name("default", "weft:a:b"), "weft:default:weft:a:b");
}

TEST(Names, lead_back_to_the_keys_of_their_bucket_only) {
  EXPECT_EQ(key("a", "weft:a:b:c"), "b:c");
  EXPECT_EQ(key("a:b", "weft:a%3Ab:c"), "c");
  EXPECT_EQ(key("a", "weft:ab:c"), "(none)");
  EXPECT_EQ(key("default", "weft:default:weft:a:b"), "weft:a:b");
  EXPECT_EQ(key("default", "weft:a:b"), "(none)");
  EXPECT_EQ(key("default", "weft::{user:7}"), "(none)");
  EXPECT_EQ(key("default", "\xff"), "(none)");
}

TEST(Names, of_marks_lie_in_the_slot_of_their_keys_and_are_the_same_for_no_two) {
  std::set<std::string> marks;
  const std::vector<std::string> names = {"k",     "",       "{",   "}",          "{}",
                                          "a{t}b", "x}y{t}", "123", "weft:b:{t}", "{}{t}",
                                          "a{b}}", "a}{a}b", "}{",  "{a}b}"};
  for (const auto& name : names) {
    const auto mark = is_plain("", name)
                          ? std::string(k_mark_begin) + name + std::string(k_mark_end)
                          : odd_mark(name);
    EXPECT_EQ(net::redis::slot_of(mark), net::redis::slot_of(name)) << name << " " << mark;
    EXPECT_TRUE(mark.starts_with("weft::{")) << mark;
    marks.insert(mark);
  }
  EXPECT_EQ(marks.size(), names.size());
}

TEST(Names, are_matched_as_they_are_written) {
  EXPECT_EQ(pattern("weft:a*[b]?\\:"), R"(weft:a\*\[b\]\?\\:*)");
}

}  // namespace
}  // namespace weft::providers::keyvalue_redis
