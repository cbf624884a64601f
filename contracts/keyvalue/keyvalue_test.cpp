#include "contracts/keyvalue/keyvalue.h"

#include <gtest/gtest.h>

namespace weft::contracts::keyvalue {
namespace {

// Answers gets when told, and keeps what else it was asked.
class Face final : public KeyValue {
 public:
  void get(Item item, Answer<std::optional<Bytes>> answer) override {
    asked = std::string(item.bucket) + "/" + std::string(item.key);
    if (value) {
      std::move(answer)(std::optional(std::as_bytes(std::span(*value))));
    } else {
      later.emplace(std::move(answer));
    }
  }
  void set(Item, Bytes, Answer<void> answer) override { std::move(answer)(fail(code, "because")); }
  void erase(Item, Answer<void> answer) override { std::move(answer)({}); }
  void exists(Item, Answer<bool>) override {}
  void list_keys(std::string_view, Place from, std::uint32_t limit, Answer<Page> answer) override {
    std::move(answer)(Page{{std::get<After>(from).value, std::to_string(limit)}, Skip{3}});
  }
  void increment(Item, std::int64_t delta, Answer<std::int64_t> answer) override {
    std::move(answer)(delta + 1);
  }
  void get_many(std::string_view, std::vector<std::string_view>, Answer<Found>) override {}
  void set_many(std::string_view, std::vector<Pair>, Answer<void>) override {}
  void erase_many(std::string_view, std::vector<std::string_view>, Answer<void>) override {}
  void get_with_version(Item, Answer<Snapshot>) override {}
  void compare_and_swap(Item, std::string_view, Bytes, Answer<Outcome>) override {}

  std::string asked;
  std::optional<std::string> value;
  std::optional<Answer<std::optional<Bytes>>> later;
  Errc code = Errc::invalid;
  std::unique_ptr<KeyValueInvoker> invoker = std::make_unique<KeyValueInvoker>(*this);
};

struct Caller final : Replier {
  void on_reply(Reply reply) noexcept override { replies.push_back(std::move(reply.results)); }
  std::vector<Result<Image>> replies;
};

template <class... A>
Pending call(Face& face, Caller& caller, std::string_view function, const A&... arguments) {
  Invocation invocation;
  invocation.interface = k_interface;
  invocation.function = function;
  invocation.payload = encode(std::forward_as_tuple(arguments...));
  return face.invoker->invoke(std::move(invocation), caller);
}

constexpr Item k_item{"orders", "7"};

TEST(KeyValueInvoker, calls_the_face_and_encodes_its_answer) {
  Face face;
  face.value = "v";
  Caller caller;

  const auto pending = call(face, caller, "get", k_item);

  EXPECT_FALSE(pending);
  EXPECT_EQ(face.asked, "orders/7");
  ASSERT_EQ(caller.replies.size(), 1u);
  const auto decoded =
      decode<std::tuple<std::expected<std::optional<std::string>, StoreError>>>(*caller.replies[0]);
  EXPECT_EQ(std::get<0>(*decoded).value(), "v");
}

TEST(KeyValueInvoker, counts_the_calls_that_are_neither_answered_nor_cancelled) {
  Face face;
  Caller caller;

  auto first = call(face, caller, "get", k_item);
  EXPECT_EQ(face.invoker->in_flight(), 1u);
  std::move (*face.later)(std::nullopt);
  face.later.reset();
  first.settled();
  EXPECT_EQ(face.invoker->in_flight(), 0u);

  auto second = call(face, caller, "get", k_item);
  second.cancel();
  EXPECT_EQ(face.invoker->in_flight(), 0u);
  std::move (*face.later)(std::nullopt);
  EXPECT_EQ(caller.replies.size(), 1u);
}

TEST(KeyValueInvoker, answers_what_is_in_flight_when_it_goes_away) {
  Face face;
  Caller caller;
  auto pending = call(face, caller, "get", k_item);

  face.invoker.reset();

  pending.settled();
  ASSERT_EQ(caller.replies.size(), 1u);
  EXPECT_EQ(caller.replies[0].error().code, Errc::unavailable);
  std::move (*face.later)(std::nullopt);  // late: for nobody
  EXPECT_EQ(caller.replies.size(), 1u);
}

// A product that can do no more than it must.
class PlainFace final : public KeyValue {
 public:
  void get(Item, Answer<std::optional<Bytes>> answer) override { std::move(answer)(std::nullopt); }
  void set(Item, Bytes, Answer<void> answer) override { std::move(answer)({}); }
  void erase(Item, Answer<void> answer) override { std::move(answer)({}); }
  void exists(Item, Answer<bool> answer) override { std::move(answer)(false); }
  void list_keys(std::string_view, Place, std::uint32_t, Answer<Page> answer) override {
    std::move(answer)(Page());
  }
  void get_many(std::string_view, std::vector<std::string_view>, Answer<Found> answer) override {
    std::move(answer)(Found());
  }
};

TEST(KeyValueInvoker, answers_unsupported_for_what_a_face_leaves_out) {
  PlainFace face;
  KeyValueInvoker invoker(face);
  Caller caller;
  const auto refusal = [&]<class T>(std::type_identity<T>, std::string_view function,
                                    const auto&... arguments) {
    Invocation invocation;
    invocation.interface = k_interface;
    invocation.function = function;
    invocation.payload = encode(std::forward_as_tuple(arguments...));
    (void)invoker.invoke(std::move(invocation), caller);
    const auto decoded =
        decode<std::tuple<std::expected<T, StoreError>>>(*caller.replies.back()).value();
    return std::get<Unsupported>(std::get<0>(decoded).error()).value;
  };
  constexpr std::string_view k_versions = "this store has no versions to compare and swap by";

  EXPECT_EQ(refusal(std::type_identity<std::int64_t>(), "increment", k_item, std::int64_t{1}),
            "this store cannot count");
  EXPECT_EQ(
      refusal(std::type_identity<void>(), "set-many", std::string_view("b"), std::vector<Pair>()),
      "this store cannot set several keys in one step");
  EXPECT_EQ(refusal(std::type_identity<void>(), "delete-many", std::string_view("b"),
                    std::vector<std::string_view>()),
            "this store cannot delete several keys in one step");
  EXPECT_EQ(refusal(std::type_identity<Snapshot>(), "get-with-version", k_item), k_versions);
  EXPECT_EQ(refusal(std::type_identity<Outcome>(), "compare-and-swap", k_item,
                    std::string_view("1"), Bytes()),
            k_versions);
}

TEST(KeyValueInvoker, decodes_variants_and_numbers) {
  Face face;
  Caller caller;

  const auto sum = call(face, caller, "increment", k_item, std::int64_t{-5});
  const auto list =
      call(face, caller, "list-keys", std::string_view("b"), Place(After{"k"}), std::uint32_t{9});

  EXPECT_EQ(std::get<0>(*decode<std::tuple<std::expected<std::int64_t, StoreError>>>(
                *caller.replies.at(0))),
            -4);
  const auto decoded = decode<std::tuple<std::expected<Page, StoreError>>>(*caller.replies.at(1));
  const Page& page = std::get<0>(*decoded).value();
  EXPECT_EQ(page.keys, (std::vector<std::string>{"k", "9"}));
  EXPECT_EQ(std::get<Skip>(*page.next).value, 3u);
}

TEST(KeyValueInvoker, replies_when_the_face_answers_later) {
  Face face;
  Caller caller;
  auto pending = call(face, caller, "get", k_item);
  ASSERT_TRUE(pending);
  EXPECT_TRUE(caller.replies.empty());

  std::move (*face.later)(std::optional<Bytes>());
  pending.settled();

  EXPECT_EQ(caller.replies.size(), 1u);
}

TEST(KeyValueInvoker, says_nothing_after_a_cancel_and_tells_the_face) {
  Face face;
  Caller caller;
  auto pending = call(face, caller, "get", k_item);

  pending.cancel();
  EXPECT_FALSE(face.later->wanted());
  std::move (*face.later)(std::optional<Bytes>());

  EXPECT_TRUE(caller.replies.empty());
}

TEST(KeyValueInvoker, answers_for_a_face_that_forgot_to) {
  Face face;
  Caller caller;

  const auto pending = call(face, caller, "exists", k_item);

  EXPECT_EQ(caller.replies.at(0).error().code, Errc::internal);
}

TEST(KeyValueInvoker, makes_the_stores_errors_values_and_fails_the_call_for_others) {
  Face face;
  Caller caller;
  const auto set = [&](Errc code) {
    face.code = code;
    (void)call(face, caller, "set", k_item, Bytes{});
    return std::move(caller.replies.back());
  };

  const auto invalid = decode<std::tuple<std::expected<void, StoreError>>>(*set(Errc::invalid));
  const auto denied = decode<std::tuple<std::expected<void, StoreError>>>(*set(Errc::denied));

  EXPECT_EQ(std::get<Other>(std::get<0>(*invalid).error()).value, "because");
  EXPECT_TRUE(std::holds_alternative<AccessDenied>(std::get<0>(*denied).error()));
  EXPECT_EQ(set(Errc::timed_out).error().code, Errc::timed_out);
  EXPECT_EQ(set(Errc::unavailable).error().code, Errc::unavailable);
}

TEST(KeyValueInvoker, refuses_what_is_not_of_this_contract) {
  Face face;
  Caller caller;

  EXPECT_FALSE(call(face, caller, "steal", k_item));
  EXPECT_FALSE(call(face, caller, "get", std::uint8_t{1}));
  Invocation other;
  other.interface = "weft:blobstore/store@0.1.0";
  EXPECT_FALSE(KeyValueInvoker(face).invoke(std::move(other), caller));

  EXPECT_EQ(caller.replies.at(0).error().code, Errc::not_found);
  EXPECT_EQ(caller.replies.at(1).error().code, Errc::invalid);
  EXPECT_EQ(caller.replies.at(2).error().code, Errc::not_found);
}

}  // namespace
}  // namespace weft::contracts::keyvalue
