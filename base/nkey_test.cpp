#include "base/nkey.h"

#include <gtest/gtest.h>

namespace weft {
namespace {

// Seed and public key of one user, as `nk` made them.
constexpr std::string_view k_seed = "SUAEL6GG2L2HIF7DUGZJGMRUFKXELGGYFMHF76UO2AYBG3K4YLWR3FKC2Q";

TEST(Nkey, is_read_and_written_as_nats_does) {
  const auto bytes = nkey_bytes(k_seed);

  ASSERT_TRUE(bytes);
  EXPECT_EQ(bytes->size(), 34u);
  EXPECT_EQ(nkey_text(*bytes), k_seed);
}

TEST(Nkey, with_a_wrong_letter_is_none) {
  std::string wrong(k_seed);
  wrong[20] = wrong[20] == 'A' ? 'B' : 'A';

  EXPECT_FALSE(nkey_bytes(wrong));
  EXPECT_FALSE(nkey_bytes("su"));
  EXPECT_FALSE(nkey_bytes(""));
}

}  // namespace
}  // namespace weft
