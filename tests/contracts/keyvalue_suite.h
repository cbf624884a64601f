// What every key-value provider must do, written once; what only some can do as their rows in
// contracts/keyvalue/capabilities.h say. One file of a provider's test includes this and gives a
// way to make it:
//
//   INSTANTIATE_TEST_SUITE_P(MyProduct, KeyValueSuite, testing::Values(&make_my_provider));
//
// The rest of it: tests/contracts/keyvalue_suite_calls.h.
#pragma once
#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include "tests/contracts/keyvalue_provider.h"

namespace weft::tests {

class KeyValueSuite : public testing::TestWithParam<std::unique_ptr<KeyValueProvider> (*)()> {
 protected:
  template <class T, class... A>
  std::expected<T, kv::StoreError> ask(std::string_view function, const A&... arguments) {
    return KeyValueCall(*provider->user, function, arguments...).template result<T>();
  }
  void set(kv::Item item, std::string_view value) {
    EXPECT_TRUE((ask<void>("set", item, bytes(value))));
  }
  std::optional<std::string> get(kv::Item item) {
    const auto value = ask<std::optional<kv::OwnedBytes>>("get", item).value();
    return value ? std::optional(text(*value)) : std::nullopt;
  }
  kv::Page list(std::string_view bucket, kv::Place from, std::uint32_t limit) {
    return ask<kv::Page>("list-keys", bucket, from, limit).value();
  }
  // All keys, page by page; sorted, each once where the product lists each once.
  std::vector<std::string> list_all(std::string_view bucket, kv::Place start, std::uint32_t limit) {
    std::vector<std::string> seen;
    std::optional<kv::Place> from = std::move(start);
    for (int pages = 0; from && pages < 1000; ++pages) {
      auto page = list(bucket, *from, limit);
      seen.insert(seen.end(), page.keys.begin(), page.keys.end());
      from = page.next;
    }
    std::ranges::sort(seen);
    if (can().listing == kv::Listing::may_repeat)
      seen.erase(std::unique(seen.begin(), seen.end()), seen.end());
    return seen;
  }
  const kv::Capabilities& can() const { return provider->capabilities; }
  // What the table says of a function, and nothing else, is what the provider says: false when it
  // says that it cannot do it. The arguments do not matter.
  template <class T, class... A>
  bool does(kv::Support support, std::string_view function, const A&... arguments) {
    const auto result = ask<T>(function, arguments...);
    const bool refused = !result && std::holds_alternative<kv::Unsupported>(result.error());
    EXPECT_EQ(refused, support == kv::Support::no) << function;
    return !refused;
  }
  bool increments() {
    return does<std::int64_t>(can().increment, "increment", kv::Item{"asked", "n"},
                              std::int64_t{1});
  }
  bool has_versions() {
    return does<kv::Snapshot>(can().versions, "get-with-version", kv::Item{"asked", "k"}) &&
           does<kv::Outcome>(can().versions, "compare-and-swap", kv::Item{"asked", "k"},
                             std::string_view("x"), bytes("v"));
  }
  bool sets_many() {
    return does<void>(can().set_many, "set-many", std::string_view("asked"),
                      std::vector<kv::Pair>{{"k", bytes("v")}, {"l", bytes("v")}});
  }
  bool deletes_many() {
    return does<void>(can().delete_many, "delete-many", std::string_view("asked"),
                      std::vector<std::string_view>{"k", "l"});
  }
  kv::Snapshot look(kv::Item item) { return ask<kv::Snapshot>("get-with-version", item).value(); }
  bool swap(kv::Item item, std::string_view version, std::string_view value) {
    return std::holds_alternative<kv::Swapped>(
        ask<kv::Outcome>("compare-and-swap", item, version, bytes(value)).value());
  }

  std::unique_ptr<KeyValueProvider> provider = GetParam()();
};

TEST_P(KeyValueSuite, answers_none_for_a_key_that_was_never_set) {
  EXPECT_EQ(get({"b", "k"}), std::nullopt);
  EXPECT_EQ((ask<bool>("exists", kv::Item{"b", "k"})), false);
}

TEST_P(KeyValueSuite, gives_back_what_was_set_last) {
  set({"b", "k"}, "one");
  set({"b", "k"}, "two");

  EXPECT_EQ(get({"b", "k"}), "two");
  EXPECT_EQ((ask<bool>("exists", kv::Item{"b", "k"})), true);
}

TEST_P(KeyValueSuite, keeps_every_byte_of_keys_and_values) {
  const std::string key("a\0b\xc3\xa4'\";--", 11), value("\0\xff\n\0", 4);

  set({"b", key}, value);
  set({"b", "empty"}, "");

  EXPECT_EQ(get({"b", key}), value);
  EXPECT_EQ(get({"b", "empty"}), "");
  EXPECT_EQ(get({"b", "a"}), std::nullopt);
  EXPECT_EQ(list_all("b", kv::Beginning{}, 0), (std::vector<std::string>{key, "empty"}));
}

TEST_P(KeyValueSuite, keeps_buckets_apart) {
  set({"one", "k"}, "1");
  set({"two", "k"}, "2");

  EXPECT_EQ(get({"one", "k"}), "1");
  EXPECT_EQ(get({"two", "k"}), "2");
  EXPECT_EQ(list("three", kv::Beginning{}, 0).keys.size(), 0u);
}

TEST_P(KeyValueSuite, deletes_a_key_and_does_not_mind_one_that_is_not_there) {
  set({"b", "k"}, "v");

  EXPECT_TRUE((ask<void>("delete", kv::Item{"b", "k"})));
  EXPECT_TRUE((ask<void>("delete", kv::Item{"b", "k"})));

  EXPECT_EQ(get({"b", "k"}), std::nullopt);
}

TEST_P(KeyValueSuite, lists_all_keys_in_pages_by_either_kind_of_place) {
  std::vector<std::string> all;
  for (int i = 0; i < 25; ++i) all.push_back("key" + std::to_string(100 + i));
  for (const auto& key : all) set({"b", key}, "v");
  set({"another", "key"}, "v");

  for (const kv::Place& start : {kv::Place(kv::Beginning{}), kv::Place(kv::Skip{0})}) {
    std::vector<std::string> seen;
    std::optional<kv::Place> from = start;
    for (int pages = 0; from; ++pages) {
      ASSERT_LT(pages, 10);
      auto page = list("b", *from, 10);
      EXPECT_LE(page.keys.size(), 10u);
      seen.insert(seen.end(), page.keys.begin(), page.keys.end());
      from = page.next;
      if (from && std::holds_alternative<kv::Skip>(start))
        EXPECT_TRUE(std::holds_alternative<kv::Skip>(*from));
    }
    std::ranges::sort(seen);
    EXPECT_EQ(seen, all);
  }
}

TEST_P(KeyValueSuite, names_no_next_page_when_the_keys_end_with_this_one) {
  set({"b", "1"}, "v");
  set({"b", "2"}, "v");

  const auto page = list("b", kv::Beginning{}, 2);

  EXPECT_EQ(page.keys.size(), 2u);
  EXPECT_FALSE(page.next);
}

TEST_P(KeyValueSuite, increments_from_nothing_and_stores_decimal_text) {
  if (!increments()) return;
  EXPECT_EQ((ask<std::int64_t>("increment", kv::Item{"b", "n"}, std::int64_t{5})), 5);
  EXPECT_EQ((ask<std::int64_t>("increment", kv::Item{"b", "n"}, std::int64_t{-7})), -2);
  EXPECT_EQ(get({"b", "n"}), "-2");
  set({"b", "n"}, "41");
  EXPECT_EQ((ask<std::int64_t>("increment", kv::Item{"b", "n"}, std::int64_t{1})), 42);
}

TEST_P(KeyValueSuite, refuses_to_increment_what_is_no_number_or_would_not_fit_and_changes_nothing) {
  if (!increments()) return;
  set({"b", "text"}, "12 apples");
  set({"b", "most"}, "9223372036854775807");

  const auto apples = ask<std::int64_t>("increment", kv::Item{"b", "text"}, std::int64_t{1});
  const auto most = ask<std::int64_t>("increment", kv::Item{"b", "most"}, std::int64_t{1});

  EXPECT_TRUE(std::holds_alternative<kv::Other>(apples.error()));
  EXPECT_TRUE(std::holds_alternative<kv::Other>(most.error()));
  EXPECT_EQ(get({"b", "text"}), "12 apples");
  EXPECT_EQ(get({"b", "most"}), "9223372036854775807");
}

TEST_P(KeyValueSuite, never_gives_two_callers_the_same_sum) {
  if (!increments()) return;
  std::vector<std::unique_ptr<KeyValueCall>> calls;
  for (int i = 0; i < 200; ++i) {
    calls.push_back(std::make_unique<KeyValueCall>(*provider->user, "increment", kv::Item{"b", "n"},
                                                   std::int64_t{1}));
  }

  std::vector<std::int64_t> sums;
  for (auto& call : calls) sums.push_back(call->result<std::int64_t>().value());

  std::ranges::sort(sums);
  for (std::size_t i = 0; i < sums.size(); ++i)
    EXPECT_EQ(sums[i], static_cast<std::int64_t>(i) + 1);
}

TEST_P(KeyValueSuite, sets_gets_and_deletes_many_in_the_order_asked_for) {
  if (!sets_many() || !deletes_many()) return;
  EXPECT_TRUE(
      (ask<void>("set-many", std::string_view("b"),
                 std::vector<kv::Pair>{{"x", bytes("1")}, {"y", bytes("2")}, {"z", bytes("3")}})));
  EXPECT_TRUE((ask<void>("delete-many", std::string_view("b"),
                         std::vector<std::string_view>{"y", "nothing"})));

  const auto found = ask<kv::Found>("get-many", std::string_view("b"),
                                    std::vector<std::string_view>{"z", "y", "x"});

  ASSERT_EQ(found->size(), 3u);
  EXPECT_EQ(std::get<0>(*found->at(0)), "z");
  EXPECT_EQ(text(std::get<1>(*found->at(0))), "3");
  EXPECT_FALSE(found->at(1));
  EXPECT_EQ(text(std::get<1>(*found->at(2))), "1");
}

TEST_P(KeyValueSuite, swaps_when_nobody_wrote_since) {
  if (!has_versions()) return;
  set({"b", "k"}, "old");
  const auto seen = ask<kv::Snapshot>("get-with-version", kv::Item{"b", "k"}).value();
  EXPECT_EQ(text(*seen.value), "old");

  const auto outcome =
      ask<kv::Outcome>("compare-and-swap", kv::Item{"b", "k"}, seen.version, bytes("new"));

  EXPECT_TRUE(std::holds_alternative<kv::Swapped>(outcome.value()));
  EXPECT_EQ(get({"b", "k"}), "new");
}

TEST_P(KeyValueSuite, shows_what_is_there_instead_of_swapping_when_somebody_wrote_since) {
  if (!has_versions()) return;
  set({"b", "k"}, "old");
  const auto seen = ask<kv::Snapshot>("get-with-version", kv::Item{"b", "k"}).value();
  set({"b", "k"}, "theirs");

  const auto late =
      ask<kv::Outcome>("compare-and-swap", kv::Item{"b", "k"}, seen.version, bytes("mine")).value();
  const auto& now = std::get<kv::Changed>(late).value;
  EXPECT_EQ(text(*now.value), "theirs");
  EXPECT_EQ(std::tuple(now.bucket, now.key), std::tuple("b", "k"));
  const auto again =
      ask<kv::Outcome>("compare-and-swap", kv::Item{"b", "k"}, now.version, bytes("mine")).value();

  EXPECT_TRUE(std::holds_alternative<kv::Swapped>(again));
  EXPECT_EQ(get({"b", "k"}), "mine");
}

TEST_P(KeyValueSuite, swaps_from_nothing_only_while_there_is_nothing) {
  if (!has_versions()) return;
  const auto nothing = ask<kv::Snapshot>("get-with-version", kv::Item{"b", "k"}).value();
  EXPECT_FALSE(nothing.value);

  const auto first =
      ask<kv::Outcome>("compare-and-swap", kv::Item{"b", "k"}, nothing.version, bytes("1")).value();
  const auto second =
      ask<kv::Outcome>("compare-and-swap", kv::Item{"b", "k"}, nothing.version, bytes("2")).value();

  EXPECT_TRUE(std::holds_alternative<kv::Swapped>(first));
  EXPECT_TRUE(std::holds_alternative<kv::Changed>(second));
  EXPECT_EQ(get({"b", "k"}), "1");
}

TEST_P(KeyValueSuite,
       does_not_take_a_key_that_was_deleted_and_set_again_for_the_one_that_was_seen) {
  if (!has_versions()) return;
  set({"b", "k"}, "same");
  const auto seen = ask<kv::Snapshot>("get-with-version", kv::Item{"b", "k"}).value();
  EXPECT_TRUE((ask<void>("delete", kv::Item{"b", "k"})));
  set({"b", "k"}, "same");

  const auto late =
      ask<kv::Outcome>("compare-and-swap", kv::Item{"b", "k"}, seen.version, bytes("mine")).value();

  EXPECT_TRUE(std::holds_alternative<kv::Changed>(late));
}

TEST_P(KeyValueSuite, holds_large_values) {
  const std::string large(5'000'000, 'x');

  set({"b", "large"}, large);

  EXPECT_EQ(get({"b", "large"}), large);
}

GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(KeyValueSuite);

}  // namespace weft::tests
