// The ABI templates, natively. Pointers have no room in the 32 bits of the ABI, so addresses are
// places in a table.
#include <gtest/gtest.h>
#include <wit/abi.hpp>
#include <wit/export.hpp>

#include <map>

namespace {

std::vector<std::byte*>& pointers() {
  static std::vector<std::byte*> table{nullptr};
  return table;
}

}  // namespace

wit::address wit::address_of(void const* p) {
  pointers().push_back(static_cast<std::byte*>(const_cast<void*>(p)));
  return static_cast<wit::address>(pointers().size() - 1);
}
std::byte* wit::at_address(wit::address a) {
  return a < pointers().size() ? pointers()[a] : nullptr;
}
void wit::flush_output() {}

namespace sample {

enum class color : std::uint8_t { red, green };
enum class wide : std::uint16_t { first, second };
enum class perms : std::uint8_t { none = 0, read = 1, write = 2 };
WIT_FLAGS(perms)

struct point {
  std::int8_t x{};
  double y{};
  std::string name{};
};
struct shape_cases {
  struct empty {};
  struct circle {
    float value;
  };
  struct big {
    std::uint64_t value;
  };
  struct text {
    std::string value;
  };
};
struct shape
    : shape_cases,
      std::variant<shape_cases::empty, shape_cases::circle, shape_cases::big, shape_cases::text> {
  using variant::variant;
};

int dropped = 0;
struct handle : wit::resource<handle> {
  using wit::resource<handle>::resource;
  static void close_(std::int32_t) { ++dropped; }
};

}  // namespace sample

template <>
struct wit::abi<sample::point>
    : wit::record<sample::point, &sample::point::x, &sample::point::y, &sample::point::name> {};
template <>
struct wit::abi<sample::shape>
    : wit::variant<sample::shape, sample::shape::empty, sample::shape::circle, sample::shape::big,
                   sample::shape::text> {};

namespace {

template <class T>
std::vector<wit::slot> lowered(T const& value) {
  std::vector<wit::slot> slots(wit::abi<T>::flat);
  wit::scratch memory;
  auto* out = slots.data();
  wit::abi<T>::lower(value, out, memory);
  EXPECT_EQ(out, slots.data() + slots.size());
  return slots;
}

// Memory as the other side makes it: allocated, and given away.
std::byte* given(std::string_view bytes) {
  auto* p = static_cast<std::byte*>(std::malloc(bytes.size()));
  std::memcpy(p, bytes.data(), bytes.size());
  return p;
}

template <class T>
T lifted(std::vector<wit::slot> slots) {
  wit::slot const* in = slots.data();
  auto value = wit::abi<T>::lift(in);
  EXPECT_EQ(in, slots.data() + slots.size());
  return value;
}

TEST(AbiLayout, has_the_sizes_and_alignments_of_the_component_model) {
  EXPECT_EQ(wit::abi<std::string>::size, 8u);
  EXPECT_EQ(wit::abi<std::vector<bool>>::size, 8u);
  EXPECT_EQ((wit::abi<std::tuple<std::uint8_t, std::uint64_t, std::uint8_t>>::size), 24u);
  EXPECT_EQ(wit::abi<sample::point>::size, 24u);
  EXPECT_EQ(wit::abi<sample::point>::align, 8u);
  EXPECT_EQ(wit::abi<std::optional<std::uint8_t>>::size, 2u);
  EXPECT_EQ(wit::abi<std::optional<std::uint64_t>>::size, 16u);
  EXPECT_EQ((wit::abi<std::expected<void, wit::unit>>::size), 1u);
  EXPECT_EQ(wit::abi<sample::shape>::size, 16u);
  EXPECT_EQ(wit::abi<sample::wide>::size, 2u);
}

TEST(AbiLayout, puts_record_fields_at_aligned_offsets) {
  using fields = wit::fields<std::int8_t, double, std::string>;

  EXPECT_EQ(fields::layout, (std::array<std::size_t, 4>{0, 8, 16, 24}));
}

TEST(AbiLayout, gives_more_than_256_cases_a_tag_of_two_bytes) {
  auto tag = []<std::size_t... I>(std::index_sequence<I...>) {
    return wit::cases<std::conditional_t<I == 0, void, void>...>::tag;
  };

  EXPECT_EQ(tag(std::make_index_sequence<256>{}), 1u);
  EXPECT_EQ(tag(std::make_index_sequence<257>{}), 2u);
}

TEST(AbiLayout, counts_the_core_values_of_a_variant_by_its_widest_case) {
  EXPECT_EQ(wit::abi<sample::shape>::flat, 3u);
  EXPECT_EQ((wit::abi<std::expected<std::string, std::uint32_t>>::flat), 3u);
  EXPECT_EQ(wit::abi<std::optional<std::optional<std::uint8_t>>>::flat, 3u);
}

TEST(AbiLower, extends_negative_numbers_with_their_sign) {
  EXPECT_EQ(lowered(std::int8_t{-5}), std::vector<wit::slot>{0xfffffffbu});
  EXPECT_EQ(lowered(std::int64_t{-1}), std::vector<wit::slot>{~0ull});
}

TEST(AbiLower, passes_floats_as_their_bits) {
  EXPECT_EQ(lowered(1.5f), std::vector<wit::slot>{0x3fc00000u});
  EXPECT_EQ(lowered(-2.0), std::vector<wit::slot>{0xc000000000000000u});
}

TEST(AbiLower, fills_the_slots_of_a_smaller_case_with_zero) {
  auto slots = lowered(sample::shape(sample::shape::empty{}));

  EXPECT_EQ(slots, (std::vector<wit::slot>{0, 0, 0}));
}

TEST(AbiLower, points_at_the_bytes_of_a_string_without_a_copy) {
  std::string const text = "a text that is not short enough to lie in the string itself";

  auto slots = lowered(std::string_view(text));

  EXPECT_EQ(wit::at_address(static_cast<wit::address>(slots[0])),
            static_cast<void const*>(text.data()));
  EXPECT_EQ(slots[1], text.size());
}

TEST(AbiStore, writes_one_byte_per_bool) {
  std::vector<bool> const bools{true, false, true};
  std::byte area[8];
  wit::scratch memory;

  wit::abi<std::vector<bool>>::store(bools, area, memory);

  auto* data = wit::at_address(wit::raw_load<wit::address>(area));
  EXPECT_EQ(wit::raw_load<std::uint32_t>(area + 4), 3u);
  EXPECT_EQ(std::vector<std::byte>(data, data + 3),
            (std::vector<std::byte>{std::byte{1}, std::byte{0}, std::byte{1}}));
}

TEST(AbiLoad, reads_back_a_stored_record) {
  sample::point const point{-5, 1.5, ""};
  alignas(8) std::byte area[24];
  wit::scratch memory;

  wit::abi<sample::point>::store(point, area, memory);
  auto read = wit::abi<sample::point>::load(area);

  EXPECT_EQ(read.x, -5);
  EXPECT_EQ(read.y, 1.5);
  EXPECT_EQ(read.name, "");
}

TEST(AbiLoad, takes_over_the_memory_of_a_string) {
  std::byte area[8];
  wit::raw_store(area, wit::address_of(given("hello")));
  wit::raw_store(area + 4, std::uint32_t{5});

  EXPECT_EQ(wit::abi<std::string>::load(area), "hello");  // and frees it: a leak checker would tell
}

TEST(AbiLoad, takes_over_a_list_of_strings) {
  auto* items = given(std::string(16, '\0'));
  for (auto [n, text] : std::map<int, std::string>{{0, "one"}, {1, "three"}}) {
    wit::raw_store(items + 8 * n, wit::address_of(given(text)));
    wit::raw_store(items + 8 * n + 4, static_cast<std::uint32_t>(text.size()));
  }

  auto list = lifted<std::vector<std::string>>({wit::address_of(items), 2});

  EXPECT_EQ(list, (std::vector<std::string>{"one", "three"}));
}

TEST(AbiLift, reads_an_empty_list_from_any_address) {
  EXPECT_TRUE(lifted<std::vector<std::uint64_t>>({8, 0}).empty());
  EXPECT_TRUE(lifted<std::string>({1, 0}).empty());
}

TEST(AbiLift, skips_the_slots_that_a_case_does_not_use) {
  auto none = lifted<std::optional<std::tuple<std::uint8_t, std::uint8_t>>>({0, 7, 7});
  auto failed = lifted<std::expected<std::string, std::uint32_t>>({1, 9, 7});

  EXPECT_FALSE(none);
  EXPECT_EQ(failed.error(), 9u);
}

TEST(AbiLift, finds_a_float_in_a_slot_that_is_shared_with_a_wider_case) {
  auto circle = lifted<sample::shape>({1, 0x3fc00000u, 0});

  ASSERT_TRUE(std::holds_alternative<sample::shape::circle>(circle));
  EXPECT_EQ(std::get_if<sample::shape::circle>(&circle)->value, 1.5f);
}

TEST(AbiLiftDeathTest, traps_on_a_case_that_does_not_exist) {
  EXPECT_DEATH(lifted<sample::shape>({4, 0, 0}), "");
}

TEST(Flags, combine_and_select) {
  auto both = sample::perms::read | sample::perms::write;

  EXPECT_EQ(both & sample::perms::write, sample::perms::write);
  EXPECT_EQ(lowered(both), std::vector<wit::slot>{3});
}

TEST(Resource, closes_its_handle_once) {
  sample::dropped = 0;
  {
    sample::handle first(wit::adopt, 7);
    sample::handle second = std::move(first);
  }

  EXPECT_EQ(sample::dropped, 1);
}

TEST(Resource, is_given_away_when_it_is_passed_by_value) {
  sample::dropped = 0;
  {
    sample::handle handle(wit::adopt, 7);
    EXPECT_EQ(lowered(handle), std::vector<wit::slot>{7});
  }

  EXPECT_EQ(sample::dropped, 0);
}

TEST(Resource, stays_when_it_is_lent) {
  sample::dropped = 0;
  {
    sample::handle handle(wit::adopt, 7);
    EXPECT_EQ(lowered(wit::borrow(handle)), std::vector<wit::slot>{7});
  }

  EXPECT_EQ(sample::dropped, 1);
}

std::int64_t add(std::int32_t a, std::int64_t b) { return a + b; }
void split(std::int32_t n, std::int32_t result) {
  auto* area = wit::at_address(static_cast<wit::address>(result));
  wit::raw_store(area, std::uint8_t{1});
  wit::raw_store(area + 4, static_cast<std::uint32_t>(n * 2));
}
std::int64_t sum_of_memory(std::int32_t parameters) {
  auto* p = wit::at_address(static_cast<wit::address>(parameters));
  return wit::raw_load<std::int64_t>(p) + wit::raw_load<std::int64_t>(p + 16 * 8);
}

TEST(Call, passes_parameters_and_result_as_core_values) {
  EXPECT_EQ(wit::call<std::int64_t>(add, std::int32_t{-3}, std::int64_t{5}), 2);
}

TEST(Call, reads_a_wide_result_from_memory) {
  auto result = wit::call<std::expected<void, std::uint32_t>>(split, std::uint32_t{21});

  EXPECT_EQ(result.error(), 42u);
}

TEST(Call, writes_too_many_parameters_to_memory) {
  auto l = [](std::int64_t n) { return n; };

  EXPECT_EQ(wit::call<std::int64_t>(sum_of_memory, l(40), l(0), l(0), l(0), l(0), l(0), l(0), l(0),
                                    l(0), l(0), l(0), l(0), l(0), l(0), l(0), l(0), l(2)),
            42);
}

TEST(Serve, answers_a_narrow_result_as_a_core_value) {
  auto doubled = wit::serve<std::int32_t, std::int32_t>(
      wit::parameters<std::int32_t>{}, [](std::int32_t n) { return 2 * n; }, 21);

  EXPECT_EQ(doubled, 42);
}

TEST(Serve, keeps_a_wide_result_until_it_is_released) {
  auto area = wit::serve<std::string, std::int32_t>(
      wit::parameters<std::uint8_t>{}, [](std::uint8_t n) { return std::string(n, 'x'); },
      std::int32_t{100});

  auto* at = wit::at_address(static_cast<wit::address>(area));
  auto* data = wit::at_address(wit::raw_load<wit::address>(at));
  EXPECT_EQ(wit::raw_load<std::uint32_t>(at + 4), 100u);
  EXPECT_EQ(data[99], std::byte{'x'});
  wit::release_result<std::string>(area);
}

}  // namespace
