#include "net/redis/slots.h"

#include <gtest/gtest.h>

namespace weft::net::redis {
namespace {

// As CLUSTER KEYSLOT answers.
TEST(Slots, are_those_of_redis) {
  EXPECT_EQ(slot_of("123456789"), 0x31c3);
  EXPECT_EQ(slot_of("foo"), 12182);
  EXPECT_EQ(slot_of(""), 0);
}

TEST(Slots, of_keys_with_one_tag_are_one) {
  EXPECT_EQ(slot_of("a{foo}b"), slot_of("foo"));
  EXPECT_EQ(slot_of("{foo}{bar}"), slot_of("foo"));
  EXPECT_EQ(slot_of("x{{foo}y}"), slot_of("{foo"));
  EXPECT_NE(slot_of("a{}b"), slot_of("ab"));
  EXPECT_FALSE(hash_tag("a{}{b}"));
  EXPECT_FALSE(hash_tag("a}b{c"));
}

}  // namespace
}  // namespace weft::net::redis
