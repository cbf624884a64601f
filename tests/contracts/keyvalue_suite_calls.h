// The second half of the key-value suite: edges, and calls as such: at once, in order, too late,
// cancelled.
#pragma once
#include <chrono>
#include <functional>
#include <set>
#include <thread>

#include "tests/contracts/keyvalue_suite.h"

namespace weft::tests {

// ---- edges ----

TEST_P(KeyValueSuite, takes_the_longest_names_and_refuses_longer_ones_by_the_limit) {
  const std::string bucket(kv::k_bucket_bytes, 'b'), key(kv::k_key_bytes, 'k');
  const auto refusal = [&](kv::Item item) {
    const auto result = ask<void>("set", item, bytes("v"));
    return result ? std::string("taken") : std::get<kv::Other>(result.error()).value;
  };

  set({bucket, key}, "v");

  EXPECT_EQ(get({bucket, key}), "v");
  EXPECT_EQ(list_all(bucket, kv::Beginning{}, 0), std::vector{key});
  EXPECT_EQ(refusal({bucket, key + "k"}), "the key has 4097 bytes, at most 4096 are allowed");
  EXPECT_EQ(refusal({bucket + "b", key}),
            "the bucket's name has 256 bytes, at most 255 are allowed");
  EXPECT_EQ(refusal({"", key}), "a bucket needs a name");
}

TEST_P(KeyValueSuite, takes_an_empty_key_and_names_in_any_script) {
  const std::vector<std::string> keys = {"",         " ",         "%41:*?[a]{b}\\", "\u4f60\u597d",
                                         "weft:x:y", "\U0001f9f5"};
  for (const auto& key : keys) set({"\u4e16\u754c:%{*}", key}, "in " + key);

  for (const auto& key : keys) EXPECT_EQ(get({"\u4e16\u754c:%{*}", key}), "in " + key);
  auto sorted = keys;
  std::ranges::sort(sorted);
  EXPECT_EQ(list_all("\u4e16\u754c:%{*}", kv::Beginning{}, 2), sorted);
}

TEST_P(KeyValueSuite, keeps_apart_buckets_and_keys_that_read_the_same_when_joined) {
  const std::vector<kv::Item> items = {{"a", "b:c"},     {"a:b", "c"},
                                       {"a%3Ab", "c"},   {"default", "a:b:c"},
                                       {"default", "c"}, {"default", "weft:a:b:c"}};
  for (std::size_t i = 0; i < items.size(); ++i) set(items[i], std::to_string(i));

  for (std::size_t i = 0; i < items.size(); ++i) EXPECT_EQ(get(items[i]), std::to_string(i));
  EXPECT_EQ(list_all("a", kv::Beginning{}, 0), std::vector<std::string>{"b:c"});
  EXPECT_EQ(list_all("default", kv::Beginning{}, 0),
            (std::vector<std::string>{"a:b:c", "c", "weft:a:b:c"}));
}

TEST_P(KeyValueSuite, holds_many_keys_and_lists_all_of_them) {
  if (!sets_many() || !deletes_many()) return;
  constexpr int k_keys = 2500;
  std::vector<std::string> keys;
  std::vector<kv::Pair> pairs;
  for (int i = 0; i < k_keys; ++i) keys.push_back("key" + std::to_string(10'000 + i));
  for (const auto& key : keys) pairs.push_back({key, bytes("v")});
  EXPECT_TRUE((ask<void>("set-many", std::string_view("b"), pairs)));

  EXPECT_LE(list("b", kv::Beginning{}, 0).keys.size(), kv::k_page_keys);
  EXPECT_EQ(list_all("b", kv::Beginning{}, 0), keys);
  EXPECT_EQ(list_all("b", kv::Skip{0}, 700), keys);
  const std::vector<std::string_view> all(keys.begin(), keys.end());
  EXPECT_EQ((ask<kv::Found>("get-many", std::string_view("b"), all)->size()), keys.size());
  EXPECT_TRUE((ask<void>("delete-many", std::string_view("b"), all)));
  EXPECT_EQ(list_all("b", kv::Beginning{}, 0).size(), 0u);
}

TEST_P(KeyValueSuite, leaves_out_no_key_while_others_come_and_go_between_pages) {
  std::vector<std::string> staying;
  for (int i = 0; i < 60; ++i) staying.push_back("stays" + std::to_string(100 + i));
  for (const auto& key : staying) set({"b", key}, "v");

  std::vector<std::string> seen;
  std::optional<kv::Place> from = kv::Beginning{};
  for (int page_number = 0; from && page_number < 1000; ++page_number) {
    const auto page = list("b", *from, 7);
    seen.insert(seen.end(), page.keys.begin(), page.keys.end());
    from = page.next;
    set({"b", "comes" + std::to_string(page_number)}, "v");
    EXPECT_TRUE((ask<void>("delete", kv::Item{"b", "comes" + std::to_string(page_number - 1)})));
  }

  for (const auto& key : staying) EXPECT_TRUE(std::ranges::find(seen, key) != seen.end()) << key;
}

TEST_P(KeyValueSuite, refuses_to_get_more_bytes_at_once_than_the_limit_and_goes_on) {
  constexpr std::size_t k_parts = 128;  // of half a mebibyte: every product takes such a value
  const std::string large(kv::k_found_bytes / k_parts, 'x');
  set({"b", "large"}, large);
  set({"b", "small"}, "v");
  const auto get_many = [&](std::size_t times) {
    std::vector<std::string_view> keys(times, "large");
    keys.push_back("small");
    return ask<kv::Found>("get-many", std::string_view("b"), keys);
  };

  const auto most = get_many(k_parts - 1);
  const auto more = get_many(k_parts);
  const auto many = get_many(10'000);

  ASSERT_TRUE(most);
  EXPECT_EQ(std::get<1>(*most->at(k_parts - 2)).size(), large.size());
  EXPECT_EQ(text(std::get<1>(*most->at(k_parts - 1))), "v");
  for (const auto* refused : {&more, &many}) {
    EXPECT_EQ(std::get<kv::Other>(refused->error()).value,
              "the values asked for have more than 67108864 bytes together; ask for fewer at once");
  }
  EXPECT_EQ(get({"b", "small"}), "v");
}

TEST_P(KeyValueSuite, leaves_out_no_key_when_the_store_grows_a_hundredfold_between_pages) {
  if (!sets_many()) return;
  constexpr std::uint32_t k_staying = 100, k_keys = 10'000;
  const auto add = [&](std::string_view name, std::uint32_t keys) {
    std::vector<std::string> names;
    for (std::uint32_t i = 0; i < keys; ++i) names.push_back(std::string(name) + std::to_string(i));
    std::vector<kv::Pair> pairs;
    for (const auto& key : names) pairs.push_back({key, bytes("v")});
    EXPECT_TRUE((ask<void>("set-many", std::string_view("b"), pairs)));
  };
  add("stays", k_staying);
  // Where the first page ends decides what may be lost.
  std::vector<kv::Page> first;
  for (std::uint32_t limit = 1; limit < k_staying; limit += 3)
    first.push_back(list("b", kv::Beginning{}, limit));

  add("comes", k_keys);

  for (auto& page : first) {
    std::set<std::string> seen(page.keys.begin(), page.keys.end());
    ASSERT_TRUE(page.next) << page.keys.size();
    for (const auto& key : list_all("b", *page.next, 0)) seen.insert(key);
    for (std::uint32_t i = 0; i < k_staying; ++i) {
      EXPECT_TRUE(seen.contains("stays" + std::to_string(i)))
          << i << " behind " << page.keys.size();
    }
  }
}

TEST_P(KeyValueSuite, does_nothing_for_no_keys_and_the_last_of_two_pairs_counts) {
  if (!sets_many() || !deletes_many()) return;
  const std::vector<std::string_view> none;
  EXPECT_TRUE((ask<void>("set-many", std::string_view("b"), std::vector<kv::Pair>{})));
  EXPECT_TRUE((ask<void>("delete-many", std::string_view("b"), none)));
  EXPECT_EQ((ask<kv::Found>("get-many", std::string_view("b"), none)->size()), 0u);

  EXPECT_TRUE((ask<void>("set-many", std::string_view("b"),
                         std::vector<kv::Pair>{{"k", bytes("1")}, {"k", bytes("2")}})));

  const auto twice =
      ask<kv::Found>("get-many", std::string_view("b"), std::vector<std::string_view>{"k", "k"});
  EXPECT_EQ(text(std::get<1>(*twice->at(0))), "2");
  EXPECT_EQ(text(std::get<1>(*twice->at(1))), "2");
}

TEST_P(KeyValueSuite, sets_all_or_none_of_many) {
  if (!sets_many()) return;
  const std::string long_key(kv::k_key_bytes + 1, 'k');

  EXPECT_FALSE((ask<void>("set-many", std::string_view("b"),
                          std::vector<kv::Pair>{{"good", bytes("1")}, {long_key, bytes("2")}})));

  EXPECT_EQ(get({"b", "good"}), std::nullopt);
}

TEST_P(KeyValueSuite, refuses_a_place_that_another_store_named) {
  set({"b", "k"}, "v");

  const auto page =
      ask<kv::Page>("list-keys", std::string_view("b"),
                    kv::Place(kv::After{"\x7fno place of any store"}), std::uint32_t{5});

  // A store whose places are keys goes on after that one; others say that they do not know it.
  if (page) {
    EXPECT_EQ(page->keys.size(), 0u);
  } else {
    EXPECT_TRUE(std::holds_alternative<kv::Other>(page.error()));
  }
}

// ---- versions ----

TEST_P(KeyValueSuite, takes_no_kind_of_write_for_none_even_if_the_value_is_the_same_in_the_end) {
  if (!has_versions()) return;
  const kv::Item item{"b", "k"};
  const std::vector<std::function<void()>> writes = {
      [&] { set(item, "7"); },
      [&] {
        if (!increments()) return set(item, "7");
        EXPECT_TRUE((ask<std::int64_t>("increment", item, std::int64_t{1})));
        EXPECT_TRUE((ask<std::int64_t>("increment", item, std::int64_t{-1})));
      },
      [&] {
        if (!sets_many()) return set(item, "7");
        EXPECT_TRUE((ask<void>("set-many", std::string_view("b"),
                               std::vector<kv::Pair>{{"k", bytes("7")}})));
      },
      [&] {
        if (!deletes_many()) return set(item, "7");
        EXPECT_TRUE(
            (ask<void>("delete-many", std::string_view("b"), std::vector<std::string_view>{"k"})));
        set(item, "7");
      },
      [&] { EXPECT_TRUE(swap(item, look(item).version, "7")); }};
  for (std::size_t i = 0; i < writes.size(); ++i) {
    set(item, "7");
    const auto seen = look(item);

    writes[i]();

    EXPECT_EQ(get(item), "7");
    EXPECT_FALSE(swap(item, seen.version, "mine")) << "after write " << i;
  }
}

TEST_P(KeyValueSuite, gives_everybody_who_looks_the_same_version_of_the_same_state) {
  if (!has_versions()) return;
  set({"b", "k"}, "v");
  const auto first = look({"b", "k"});
  const auto other_key = look({"b", "other"});

  EXPECT_EQ(look({"b", "k"}).version, first.version);
  EXPECT_EQ(look({"b", "other"}).version, other_key.version);
  EXPECT_TRUE(swap({"b", "k"}, first.version, "w"));
}

TEST_P(KeyValueSuite, lets_only_one_of_many_swaps_from_one_version_win) {
  if (!has_versions()) return;
  set({"b", "k"}, "v");
  const auto seen = look({"b", "k"});
  std::vector<std::unique_ptr<KeyValueCall>> calls;
  for (int i = 0; i < 20; ++i) {
    const auto value = std::to_string(i);
    calls.push_back(std::make_unique<KeyValueCall>(*provider->user, "compare-and-swap",
                                                   kv::Item{"b", "k"}, seen.version, bytes(value)));
  }

  std::vector<std::string> won;
  for (std::size_t i = 0; i < calls.size(); ++i) {
    if (std::holds_alternative<kv::Swapped>(calls[i]->result<kv::Outcome>().value()))
      won.push_back(std::to_string(i));
  }

  ASSERT_EQ(won.size(), 1u);
  EXPECT_EQ(get({"b", "k"}), won.front());
}

// ---- calls as such ----

TEST_P(KeyValueSuite, does_what_one_thread_writes_to_a_key_in_the_order_of_its_calls) {
  std::vector<std::unique_ptr<KeyValueCall>> calls;
  for (int i = 0; i <= 300; ++i) {
    const auto value = std::to_string(i);
    calls.push_back(
        std::make_unique<KeyValueCall>(*provider->user, "set", kv::Item{"b", "k"}, bytes(value)));
  }
  for (auto& call : calls) EXPECT_TRUE(call->result<void>());

  const auto last = get({"b", "k"});
  ASSERT_TRUE(last);
  if (can().order == kv::Order::as_made) {
    EXPECT_EQ(last, "300");
  } else {
    EXPECT_LE(std::stoi(*last), 300);
  }
}

TEST_P(KeyValueSuite, serves_callers_of_many_threads_with_one_sum_each) {
  if (!increments()) return;
  constexpr int k_threads = 4, k_callers = 8, k_rounds = 10;
  std::vector<std::vector<std::int64_t>> sums(k_threads);
  std::vector<std::thread> threads;
  for (auto& own : sums) {
    threads.emplace_back([&] {
      const auto user = provider->another_user();
      for (int round = 0; round < k_rounds; ++round) {
        std::vector<std::unique_ptr<KeyValueCall>> calls;
        for (int c = 0; c < k_callers; ++c) {
          calls.push_back(std::make_unique<KeyValueCall>(*user, "increment", kv::Item{"b", "n"},
                                                         std::int64_t{1}));
        }
        for (auto& call : calls) own.push_back(call->result<std::int64_t>().value());
        // A read sees at least what this thread was told of.
        const auto seen =
            KeyValueCall(*user, "get", kv::Item{"b", "n"}).result<std::optional<kv::OwnedBytes>>();
        EXPECT_GE(std::stoll(text(**seen)), own.back());
      }
    });
  }
  for (auto& thread : threads) thread.join();

  std::vector<std::int64_t> all;
  for (const auto& own : sums) all.insert(all.end(), own.begin(), own.end());
  std::ranges::sort(all);
  ASSERT_EQ(all.size(), std::size_t{k_threads * k_callers * k_rounds});
  for (std::size_t i = 0; i < all.size(); ++i) ASSERT_EQ(all[i], static_cast<std::int64_t>(i) + 1);
}

TEST_P(KeyValueSuite, refuses_a_write_whose_deadline_has_passed_and_does_not_do_it) {
  contracts::Context context;
  context.deadline = std::chrono::steady_clock::now() - std::chrono::milliseconds(1);

  KeyValueCall late(*provider->user, context, "set", kv::Item{"b", "k"}, bytes("v"));
  context.deadline = std::chrono::steady_clock::now() + std::chrono::minutes(1);
  KeyValueCall in_time(*provider->user, context, "set", kv::Item{"b", "other"}, bytes("v"));

  EXPECT_EQ(late.wait().error().code, Errc::timed_out);
  EXPECT_TRUE(in_time.result<void>());
  EXPECT_EQ(get({"b", "k"}), std::nullopt);
}

TEST_P(KeyValueSuite, says_nothing_to_a_caller_that_cancelled) {
  KeyValueCall cancelled(*provider->user, "set", kv::Item{"b", "k"}, bytes("v"));
  const bool at_once = cancelled.over();
  cancelled.cancel();
  for (int i = 0; i < 20; ++i) set({"b", "other"}, "v");

  EXPECT_EQ(cancelled.over(), at_once);
}

TEST_P(KeyValueSuite, counts_calls_until_they_are_answered_or_cancelled) {
  auto& store = provider->user->store();
  std::vector<std::unique_ptr<KeyValueCall>> calls;
  for (int i = 0; i < 50; ++i)
    calls.push_back(
        std::make_unique<KeyValueCall>(*provider->user, "set", kv::Item{"b", "k"}, bytes("v")));
  const auto open = static_cast<std::size_t>(
      std::ranges::count_if(calls, [](const auto& call) { return !call->over(); }));
  EXPECT_EQ(store.in_flight(), open);

  calls[0]->cancel();
  for (std::size_t i = 1; i < calls.size(); ++i) EXPECT_TRUE(calls[i]->result<void>());

  EXPECT_EQ(store.in_flight(), 0u);
}

TEST_P(KeyValueSuite, answers_what_is_under_way_when_the_endpoint_goes_away) {
  std::vector<std::unique_ptr<KeyValueCall>> calls;
  for (int i = 0; i < 5; ++i)
    calls.push_back(
        std::make_unique<KeyValueCall>(*provider->user, "set", kv::Item{"b", "k"}, bytes("v")));

  provider->user->close();

  for (auto& call : calls) {
    ASSERT_TRUE(call->over());
    if (const auto reply = call->wait(); !reply) {
      EXPECT_EQ(reply.error().code, Errc::unavailable);
    }
  }
}

TEST_P(KeyValueSuite, refuses_writes_once_it_is_closed) {
  provider->provider->close();

  KeyValueCall late(*provider->user, "set", kv::Item{"b", "k"}, bytes("v"));

  EXPECT_EQ(late.wait().error().code, Errc::unavailable);
}

}  // namespace weft::tests
