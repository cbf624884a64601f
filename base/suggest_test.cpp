#include "base/suggest.h"

#include <gtest/gtest.h>

#include <array>
#include <string>

namespace weft {
namespace {

TEST(EditDistance, counts_single_letter_edits_and_swaps) {
  EXPECT_EQ(edit_distance("", ""), 0u);
  EXPECT_EQ(edit_distance("", "abc"), 3u);
  EXPECT_EQ(edit_distance("image", "image"), 0u);
  EXPECT_EQ(edit_distance("imgae", "image"), 1u);
  EXPECT_EQ(edit_distance("imge", "image"), 1u);
  EXPECT_EQ(edit_distance("imaage", "image"), 1u);
  EXPECT_EQ(edit_distance("kitten", "sitting"), 3u);
}

constexpr std::array<std::string_view, 5> k_words = {"image", "id", "config", "secrets",
                                                     "cpu_time"};

TEST(NearestWord, finds_what_was_meant) {
  EXPECT_EQ(nearest_word("imgae", k_words), "image");
  EXPECT_EQ(nearest_word("confg", k_words), "config");
  EXPECT_EQ(nearest_word("secret", k_words), "secrets");
  EXPECT_EQ(nearest_word("CONFIG", k_words), "config");
  EXPECT_EQ(nearest_word("cpu-time", k_words), "cpu_time");
}

TEST(NearestWord, offers_nothing_for_another_word) {
  EXPECT_EQ(nearest_word("replicas", k_words), std::nullopt);
  EXPECT_EQ(nearest_word("", k_words), std::nullopt);
  EXPECT_EQ(nearest_word("xy", k_words), std::nullopt);
  EXPECT_EQ(nearest_word(std::string(5000, 'i'), k_words), std::nullopt);
}

}  // namespace
}  // namespace weft
