#include "contracts/image_codec.h"

#include <gtest/gtest.h>

#include <cmath>
#include <random>

namespace weft::contracts {
namespace {

enum class Colour : std::uint8_t { red, green, blue };

struct Point {
  std::uint8_t x;
  std::uint32_t y;
  friend bool operator==(const Point&, const Point&) = default;
};

struct Nothing {
  friend bool operator==(Nothing, Nothing) { return true; }
};
struct Named {
  std::string value;
  friend bool operator==(const Named&, const Named&) = default;
};
using Shape = std::variant<Nothing, Named, std::uint64_t>;

}  // namespace

template <>
inline constexpr std::size_t k_enum_cases<Colour> = 3;
template <>
struct Layout<Point> : Record<Point, &Point::x, &Point::y> {};

namespace {

std::vector<int> bytes_of(const Image& image) {
  std::vector<int> bytes;
  for (const auto byte : image.bytes()) bytes.push_back(std::to_integer<int>(byte));
  return bytes;
}

Image image_of(std::initializer_list<int> bytes) {
  Image image(bytes.size());
  std::size_t at = 0;
  for (const int byte : bytes) image.data()[at++] = std::byte(byte);
  return image;
}

template <class T>
void expect_round_trip(const T& value) {
  const Image image = encode(std::tuple<T>(value));
  const auto decoded = decode<std::tuple<T>>(image);
  ASSERT_TRUE(decoded) << decoded.error().message;
  EXPECT_EQ(std::get<0>(*decoded), value);
  const Image again = encode(*decoded);
  EXPECT_EQ(bytes_of(again), bytes_of(image));
}

TEST(ImageCodec, lays_fields_out_aligned_with_zero_padding) {
  const auto image =
      encode(std::tuple<std::uint8_t, std::uint32_t, std::uint16_t, std::uint64_t>(1, 2, 3, 4));

  EXPECT_EQ(bytes_of(image), (std::vector<int>{1, 0, 0, 0, 2, 0, 0, 0, 3, 0, 0, 0,
                                               0, 0, 0, 0, 4, 0, 0, 0, 0, 0, 0, 0}));
}

TEST(ImageCodec, appends_strings_and_points_to_them_from_the_start) {
  const auto image = encode(std::tuple<std::string_view, std::uint8_t>("hi", 7));

  EXPECT_EQ(bytes_of(image), (std::vector<int>{12, 0, 0, 0, 2, 0, 0, 0, 7, 0, 0, 0, 'h', 'i'}));
}

TEST(ImageCodec, appends_a_list_before_what_its_elements_append) {
  const auto image = encode(std::tuple<std::vector<std::string>>({"a", "bc"}));

  EXPECT_EQ(bytes_of(image), (std::vector<int>{8, 0, 0,  0, 2, 0, 0, 0, 24, 0, 0,   0,   1,  0,
                                               0, 0, 25, 0, 0, 0, 2, 0, 0,  0, 'a', 'b', 'c'}));
}

TEST(ImageCodec, aligns_a_list_to_its_elements) {
  const auto image = encode(std::tuple<std::string_view, std::vector<std::uint32_t>>("x", {5}));

  EXPECT_EQ(bytes_of(image), (std::vector<int>{16, 0, 0, 0, 1,   0, 0, 0, 20, 0, 0, 0,
                                               1,  0, 0, 0, 'x', 0, 0, 0, 5,  0, 0, 0}));
}

TEST(ImageCodec, points_an_empty_list_to_where_it_would_begin) {
  const auto image = encode(std::tuple<std::string_view, std::vector<std::uint64_t>>("x", {}));

  EXPECT_EQ(bytes_of(image), (std::vector<int>{16, 0, 0, 0, 1,   0, 0, 0, 24, 0, 0, 0,
                                               0,  0, 0, 0, 'x', 0, 0, 0, 0,  0, 0, 0}));
}

TEST(ImageCodec, puts_a_payload_behind_its_discriminant_at_the_widest_alignment) {
  const auto some = encode(std::tuple<std::optional<std::uint16_t>>(0x0102));
  const auto number = encode(std::tuple<Shape>(Shape(std::uint64_t{9})));
  const auto named = encode(std::tuple<Shape>(Shape(Named{"z"})));
  const auto failed =
      encode(std::tuple<std::expected<void, Colour>>(std::unexpected(Colour::blue)));

  EXPECT_EQ(bytes_of(some), (std::vector<int>{1, 0, 2, 1}));
  EXPECT_EQ(bytes_of(number), (std::vector<int>{2, 0, 0, 0, 0, 0, 0, 0, 9, 0, 0, 0, 0, 0, 0, 0}));
  EXPECT_EQ(bytes_of(named),
            (std::vector<int>{1, 0, 0, 0, 0, 0, 0, 0, 16, 0, 0, 0, 1, 0, 0, 0, 'z'}));
  EXPECT_EQ(bytes_of(failed), (std::vector<int>{1, 2}));
}

TEST(ImageCodec, brings_every_kind_of_type_back) {
  expect_round_trip(true);
  expect_round_trip(std::int8_t{-1});
  expect_round_trip(std::int64_t{INT64_MIN});
  expect_round_trip(3.5f);
  expect_round_trip(-0.25);
  expect_round_trip(U'\U0010ffff');
  expect_round_trip(std::string("gr\u00fc\u00dfe \U0001f980"));
  expect_round_trip(std::vector<std::byte>{std::byte{0}, std::byte{255}});
  expect_round_trip(std::vector<bool>{true, false, true});
  expect_round_trip(std::vector<std::vector<std::string>>{{}, {"", "one"}, {"two"}});
  expect_round_trip(std::optional<std::optional<std::uint8_t>>(std::optional<std::uint8_t>()));
  expect_round_trip(std::expected<std::string, std::uint32_t>("fine"));
  expect_round_trip(std::expected<void, std::monostate>(std::unexpected(std::monostate{})));
  expect_round_trip(std::tuple<Colour, Point>(Colour::green, Point{1, 2}));
  expect_round_trip(std::vector<Shape>{Nothing{}, Named{"n"}, std::uint64_t{1}});
  expect_round_trip(std::vector<Point>{{1, 2}, {3, 4}});
}

TEST(ImageCodec, encodes_nothing_as_nothing) {
  EXPECT_EQ(encode(std::tuple<>()).size(), 0u);
  EXPECT_TRUE(decode<std::tuple<>>(Image()));
}

TEST(ImageCodec, decodes_views_into_the_image_without_a_copy) {
  const Image image = encode(std::tuple<std::string, std::vector<std::uint8_t>>("text", {1, 2}));

  const auto decoded = decode<std::tuple<std::string_view, std::span<const std::uint8_t>>>(image);

  ASSERT_TRUE(decoded);
  const void* text = std::get<0>(*decoded).data();
  EXPECT_EQ(text, image.data() + 16);
  EXPECT_EQ(std::get<1>(*decoded).size(), 2u);
}

template <class Tuple>
std::string refusal(const Image& image) {
  const auto decoded = decode<Tuple>(image);
  if (decoded) return "decoded";
  EXPECT_EQ(decoded.error().code, Errc::invalid);
  return decoded.error().message;
}

TEST(ImageCodec, says_what_is_wrong_with_an_image_and_where) {
  using Text = std::tuple<std::string_view>;

  EXPECT_EQ(refusal<Text>(image_of({8, 0, 0, 0})),
            "malformed image of 4 bytes: it is shorter than its tuple (at offset 4)");
  EXPECT_EQ(refusal<Text>(image_of({8, 0, 0, 0, 2, 0, 0, 0, 'a'})),
            "malformed image of 9 bytes: a list or string leaves the image (at offset 0)");
  EXPECT_EQ(refusal<Text>(image_of({255, 255, 255, 255, 255, 255, 255, 255})),
            "malformed image of 8 bytes: a list or string leaves the image (at offset 0)");
  EXPECT_EQ(refusal<Text>(image_of({8, 0, 0, 0, 2, 0, 0, 0, 0xc3, 0x28})),
            "malformed image of 10 bytes: a string is not UTF-8 (at offset 0)");
  EXPECT_EQ(refusal<std::tuple<bool>>(image_of({2})),
            "malformed image of 1 bytes: a bool is neither 0 nor 1 (at offset 0)");
  EXPECT_EQ(refusal<std::tuple<char32_t>>(image_of({0, 0xd8, 0, 0})),
            "malformed image of 4 bytes: a char is no Unicode scalar value (at offset 0)");
  EXPECT_EQ(refusal<std::tuple<Colour>>(image_of({3})),
            "malformed image of 1 bytes: there is no such case (at offset 0)");
  EXPECT_EQ(refusal<std::tuple<std::vector<std::uint32_t>>>(
                image_of({9, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0})),
            "malformed image of 13 bytes: a list is not aligned (at offset 0)");
}

TEST(ImageCodec, refuses_lists_that_overlap_so_that_a_small_image_cannot_fill_the_memory) {
  constexpr std::size_t k_lists = 100, k_text = 10'000;
  Image image(8 + k_lists * 8 + k_text);
  ImageWriter out(image.data(), 8);
  auto at = out.append(0, k_lists, 8, 4);
  for (std::size_t i = 0; i < k_lists; ++i, at += 8) {
    out.put(at, std::uint32_t{8 + k_lists * 8});
    out.put(at + 4, std::uint32_t{k_text});
  }

  EXPECT_NE(refusal<std::tuple<std::vector<std::string>>>(image).find("lists overlap"),
            std::string::npos);
}

TEST(ImageCodec, takes_the_utf8_that_unicode_defines_and_no_other) {
  for (const char* good : {"", "plain ascii text of some length", "\u00e4", "\u20ac", "\U00010000",
                           "\ud7ff", "\ue000", "eight by\u00e4tes"}) {
    EXPECT_TRUE(valid_utf8(good)) << good;
  }
  for (const char* bad :
       {"\x80", "\xc0\x80", "\xc3", "\xe0\x80\x80", "\xed\xa0\x80", "\xf0\x8f\xbf\xbf",
        "\xf4\x90\x80\x80", "\xf5", "\xff", "long enough \xe2\x82"}) {
    EXPECT_FALSE(valid_utf8(bad));
  }
}

using Everything =
    std::tuple<bool, std::string, std::vector<std::optional<std::tuple<std::string, Shape>>>,
               std::expected<std::vector<std::uint16_t>, Colour>, std::vector<Point>, char32_t>;

Image everything() {
  return encode(Everything(true, "name",
                           {{{"key", Named{"value"}}}, std::nullopt, {{"", std::uint64_t{3}}}},
                           std::vector<std::uint16_t>{1, 2, 3}, {{1, 2}}, U'x'));
}

TEST(ImageCodec, refuses_every_shortened_image) {
  const Image image = everything();
  ASSERT_TRUE(decode<Everything>(image));

  for (std::size_t size = 0; size < image.size(); ++size) {
    EXPECT_FALSE(decode<Everything>(image.bytes().first(size))) << size;
  }
}

TEST(ImageCodec, decodes_mutated_images_to_values_or_to_an_error) {
  std::mt19937 random(1);
  for (int round = 0; round < 20'000; ++round) {
    Image image = everything();
    for (auto changes = 1 + random() % 4; changes != 0; --changes) {
      image.data()[random() % image.size()] =
          std::byte(random() % 2 == 0 ? random() % 4 : random());
    }
    const auto decoded = decode<Everything>(image);
    if (decoded) EXPECT_TRUE(decode<Everything>(encode(*decoded)));
  }
}

}  // namespace
}  // namespace weft::contracts
