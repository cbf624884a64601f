#include "contracts/keyvalue/wasi_adapter.h"

#include <gtest/gtest.h>

#include "contracts/keyvalue/types.h"

namespace weft::contracts::keyvalue {
namespace {

using WasiError = std::variant<NoSuchStore, AccessDenied, Other>;
template <class T>
using WasiResult = std::expected<T, WasiError>;
template <class T>
using FlatResult = std::expected<T, StoreError>;

class WasiKeyValue : public ::testing::Test {
 protected:
  static InterfaceName name(std::string_view interface, std::string_view version) {
    return {"wasi", "keyvalue", std::string(interface), std::string(version)};
  }
  InterfaceName first(std::string_view interface) { return name(interface, "0.2.0-draft"); }
  InterfaceName second(std::string_view interface) { return name(interface, "0.2.0-draft2"); }

  template <class... A>
  auto call(const InterfaceName& interface, std::string_view function, const A&... arguments) {
    return adapter->call(interface, function, encode(std::forward_as_tuple(arguments...)), handles);
  }
  template <class T>
  static T only(const Image& image) {
    auto decoded = decode<std::tuple<T>>(image);
    EXPECT_TRUE(decoded) << decoded.error().message;
    return std::get<0>(*std::move(decoded));
  }
  // The flat call that `function` becomes, which must be `expected`, with its arguments.
  template <class... F, class... A>
  std::tuple<F...> flat(const InterfaceName& interface, std::string_view function,
                        std::string_view expected, const A&... arguments) {
    auto done = call(interface, function, arguments...);
    EXPECT_TRUE(done) << done.error().message;
    sent = std::move(std::get<FlatCall>(*done));
    EXPECT_EQ(sent.interface, "weft:keyvalue/store@0.1.0");
    EXPECT_EQ(sent.function, expected);
    return decode<std::tuple<F...>>(sent.arguments).value();
  }
  template <class T, class F>
  T reply(const InterfaceName& interface, std::string_view function, const F& value) {
    auto image = adapter->reply(interface, function, encode(std::forward_as_tuple(value)), handles);
    EXPECT_TRUE(image) << image.error().message;
    return only<T>(*image);
  }
  template <class T>
  T reply_error(const InterfaceName& interface, std::string_view function, Errc code) {
    auto image = adapter->reply(interface, function, fail(code, "why"), handles);
    EXPECT_TRUE(image) << image.error().message;
    return only<T>(*image);
  }
  std::uint32_t open(std::string_view bucket) {
    auto done = call(second("store"), "open", bucket);
    return only<WasiResult<std::uint32_t>>(std::get<Image>(*done)).value();
  }

  std::unique_ptr<Adapter> adapter = wasi_adapter();
  Handles handles{8};
  FlatCall sent;
};

TEST_F(WasiKeyValue, serves_three_interfaces_of_two_drafts_and_their_resources) {
  EXPECT_EQ(adapter->interfaces().size(), 6u);
  EXPECT_EQ(adapter->resources(first("store")).front(), "bucket");
  EXPECT_TRUE(adapter->resources(first("atomics")).empty());
  EXPECT_EQ(adapter->resources(second("atomics")).front(), "cas");
  EXPECT_TRUE(adapter->resources(second("batch")).empty());
}

TEST_F(WasiKeyValue, opens_a_bucket_without_asking_anybody) {
  const auto bucket = open("orders");
  const auto unnamed = open("");

  const auto [name, key] = flat<std::string, std::string>(first("store"), "[method]bucket.get",
                                                          "get", bucket, std::string_view("k"));
  const auto [other, _] = flat<std::string, std::string>(first("store"), "[method]bucket.exists",
                                                         "exists", unnamed, std::string_view("k"));

  EXPECT_EQ(name, "orders");
  EXPECT_EQ(key, "k");
  EXPECT_EQ(other, "default");
}

TEST_F(WasiKeyValue, passes_values_through) {
  const auto bucket = open("b");
  const OwnedBytes value{std::byte{1}, std::byte{2}};

  const auto set = flat<std::string, std::string, OwnedBytes>(
      second("store"), "[method]bucket.set", "set", bucket, std::string_view("k"), value);
  const auto got = reply<WasiResult<std::optional<OwnedBytes>>>(
      second("store"), "[method]bucket.get",
      FlatResult<std::optional<OwnedBytes>>(std::optional(value)));
  const auto done =
      reply<WasiResult<void>>(second("store"), "[method]bucket.set", FlatResult<void>());

  EXPECT_EQ(std::get<2>(set), value);
  EXPECT_EQ(got.value(), value);
  EXPECT_TRUE(done);
}

TEST_F(WasiKeyValue, says_errors_in_the_guests_words) {
  const auto set = [&](StoreError error) {
    const auto result =
        reply<WasiResult<bool>>(first("store"), "[method]bucket.exists",
                                FlatResult<bool>(std::unexpected(std::move(error))));
    return result.error();
  };

  EXPECT_TRUE(std::holds_alternative<NoSuchStore>(set(NoSuchStore{})));
  EXPECT_TRUE(std::holds_alternative<AccessDenied>(set(AccessDenied{})));
  EXPECT_EQ(std::get<Other>(set(Other{"text"})).value, "text");
  EXPECT_EQ(std::get<Other>(set(Unsupported{"lists"})).value,
            "the provider does not support this: lists");
  EXPECT_NE(std::get<Other>(set(Unavailable{"busy"})).value.find("busy"), std::string::npos);
  EXPECT_TRUE(std::holds_alternative<Other>(set(Conflict{})));
}

TEST_F(WasiKeyValue, makes_a_failed_call_an_error_value_and_a_defect_an_error) {
  const auto late = reply_error<WasiResult<void>>(first("batch"), "set-many", Errc::timed_out);
  const auto denied =
      reply_error<WasiResult<std::uint32_t>>(second("atomics"), "[static]cas.new", Errc::denied);
  const auto defect =
      adapter->reply(first("batch"), "set-many", fail(Errc::internal, "bug"), handles);

  EXPECT_EQ(std::get<Other>(late.error()).value, "why");
  EXPECT_TRUE(std::holds_alternative<AccessDenied>(denied.error()));
  EXPECT_EQ(defect.error().code, Errc::internal);
}

TEST_F(WasiKeyValue, pages_by_number_in_the_first_draft_and_by_text_in_the_second) {
  const auto bucket = open("b");
  using Numbered = std::tuple<std::vector<std::string>, std::optional<std::uint64_t>>;
  using Texted = std::tuple<std::vector<std::string>, std::optional<std::string>>;
  constexpr std::string_view list = "[method]bucket.list-keys";

  const auto by_number = flat<std::string, Place, std::uint32_t>(
      first("store"), list, "list-keys", bucket, std::optional<std::uint64_t>(20));
  const auto by_text = flat<std::string, Place, std::uint32_t>(
      second("store"), list, "list-keys", bucket, std::optional<std::string>("m"));
  const auto numbered =
      reply<WasiResult<Numbered>>(first("store"), list, FlatResult<Page>(Page{{"a"}, Skip{21}}));
  const auto texted =
      reply<WasiResult<Texted>>(second("store"), list, FlatResult<Page>(Page{{"a"}, After{"a"}}));
  const auto last =
      reply<WasiResult<Texted>>(second("store"), list, FlatResult<Page>(Page{{"z"}, {}}));
  const auto failed = reply<WasiResult<Numbered>>(first("store"), list,
                                                  FlatResult<Page>(std::unexpected(Other{"no"})));

  EXPECT_EQ(std::get<Skip>(std::get<1>(by_number)).value, 20u);
  EXPECT_EQ(std::get<After>(std::get<1>(by_text)).value, "m");
  EXPECT_EQ(std::get<1>(numbered.value()), 21u);
  EXPECT_EQ(std::get<1>(texted.value()), "a");
  EXPECT_EQ(std::get<1>(last.value()), std::nullopt);
  EXPECT_EQ(std::get<Other>(failed.error()).value, "no");
}

TEST_F(WasiKeyValue, increments_by_unsigned_numbers_in_the_first_draft) {
  const auto bucket = open("b");
  const std::string_view key = "k";

  const auto asked = flat<std::string, std::string, std::int64_t>(
      first("atomics"), "increment", "increment", bucket, key, std::uint64_t{5});
  auto huge = call(first("atomics"), "increment", bucket, key, UINT64_MAX);
  const auto sum =
      reply<WasiResult<std::uint64_t>>(first("atomics"), "increment", FlatResult<std::int64_t>(6));
  const auto below =
      reply<WasiResult<std::uint64_t>>(first("atomics"), "increment", FlatResult<std::int64_t>(-6));
  const auto signed_sum =
      reply<WasiResult<std::int64_t>>(second("atomics"), "increment", FlatResult<std::int64_t>(-6));

  EXPECT_EQ(std::get<2>(asked), 5);
  EXPECT_FALSE(only<WasiResult<std::uint64_t>>(std::get<Image>(*huge)));
  EXPECT_EQ(sum.value(), 6u);
  EXPECT_NE(std::get<Other>(below.error()).value.find("-6"), std::string::npos);
  EXPECT_EQ(signed_sum.value(), -6);
}

TEST_F(WasiKeyValue, swaps_with_a_handle_that_is_used_up_and_replaced_when_it_was_too_late) {
  const auto bucket = open("b");
  const auto atomics = second("atomics");
  using CasError = std::variant<std::tuple<WasiError>, std::uint32_t>;
  const OwnedBytes value{std::byte{9}};

  (void)flat<std::string, std::string>(atomics, "[static]cas.new", "get-with-version", bucket,
                                       std::string_view("k"));
  const auto cas =
      reply<WasiResult<std::uint32_t>>(atomics, "[static]cas.new",
                                       FlatResult<Snapshot>(Snapshot{"b", "k", "41", OwnedBytes{}}))
          .value();
  const auto current = flat<std::string, std::string>(atomics, "[method]cas.current", "get", cas);
  const auto asked = flat<std::string, std::string, std::string, OwnedBytes>(
      atomics, "swap", "compare-and-swap", cas, value);
  const auto late = reply<std::expected<void, CasError>>(
      atomics, "swap", FlatResult<Outcome>(Outcome(Changed{{"b", "k", "42", value}})));
  const auto newer = std::get<std::uint32_t>(late.error());
  const auto again = flat<std::string, std::string, std::string, OwnedBytes>(
      atomics, "swap", "compare-and-swap", newer, value);
  const auto done = reply<std::expected<void, CasError>>(atomics, "swap",
                                                         FlatResult<Outcome>(Outcome(Swapped{})));

  EXPECT_EQ(current, (std::tuple("b", "k")));
  EXPECT_EQ(asked, (std::tuple("b", "k", "41", value)));
  EXPECT_EQ(std::get<2>(again), "42");
  EXPECT_TRUE(done);
  EXPECT_EQ(handles.size(), 1u) << "only the bucket is left";
}

TEST_F(WasiKeyValue, ends_the_call_of_a_guest_with_a_made_up_handle) {
  const auto bucket = open("b");

  EXPECT_EQ(call(first("store"), "[method]bucket.get", std::uint32_t{77}, std::string_view("k"))
                .error()
                .code,
            Errc::invalid);
  EXPECT_EQ(call(second("atomics"), "[method]cas.current", bucket).error().code, Errc::invalid);
  EXPECT_EQ(call(first("atomics"), "swap", bucket, Bytes{}).error().code, Errc::invalid)
      << "only in the second draft";
}

TEST_F(WasiKeyValue, ends_the_call_of_a_guest_that_opens_too_much) {
  for (int i = 0; i < 8; ++i) open("b");

  EXPECT_EQ(call(second("store"), "open", std::string_view("b")).error().code, Errc::exhausted);
}

TEST_F(WasiKeyValue, passes_many_through_in_one_call) {
  const auto bucket = open("b");
  const std::vector<std::string> keys{"a", "z"};
  const std::vector<Pair> pairs{{"a", {}}};

  const auto get = flat<std::string, std::vector<std::string>>(first("batch"), "get-many",
                                                               "get-many", bucket, keys);
  const auto set = flat<std::string, std::vector<std::tuple<std::string, OwnedBytes>>>(
      first("batch"), "set-many", "set-many", bucket, pairs);
  const Found there{std::tuple(std::string("a"), OwnedBytes{std::byte{1}}), std::nullopt};
  const auto found =
      reply<WasiResult<Found>>(second("batch"), "get-many", FlatResult<Found>(there));

  EXPECT_EQ(std::get<1>(get), keys);
  EXPECT_EQ(std::get<0>(std::get<1>(set).at(0)), "a");
  EXPECT_EQ(found.value(), there);
}

}  // namespace
}  // namespace weft::contracts::keyvalue
