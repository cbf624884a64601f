#include "contracts/keyvalue/flat_adapter.h"

#include <gtest/gtest.h>

#include <tuple>

#include "contracts/keyvalue/types.h"

namespace weft::contracts::keyvalue {
namespace {

class FlatKeyValue : public ::testing::Test {
 protected:
  Result<Image> fails(std::string_view function, Errc code) {
    return adapter->reply(name, function, fail(code, "why"), handles);
  }
  // The contract's own error, of any function.
  template <class T>
  StoreError error(std::string_view function, Errc code) {
    const auto image = fails(function, code);
    EXPECT_TRUE(image) << image.error().message;
    return std::get<0>(decode<std::tuple<std::expected<T, StoreError>>>(*image).value()).error();
  }

  std::unique_ptr<Adapter> adapter = flat_adapter();
  const InterfaceName name = *InterfaceName::parse(k_interface);
  Handles handles{0};
};

TEST_F(FlatKeyValue, lets_calls_and_answers_pass_as_they_are) {
  const auto arguments = encode(std::tuple(Item{"bucket", "key"}));
  const auto answer = encode(std::tuple(std::expected<bool, StoreError>(true)));

  const auto call = adapter->call(name, "exists", arguments, handles);
  ASSERT_TRUE(call);
  const auto& flat = std::get<FlatCall>(*call);
  EXPECT_EQ(flat.interface, k_interface);
  EXPECT_EQ(flat.function, "exists");
  EXPECT_TRUE(std::ranges::equal(flat.arguments.bytes(), arguments.bytes()));
  const auto reply = adapter->reply(
      name, "exists", encode(std::tuple(std::expected<bool, StoreError>(true))), handles);

  EXPECT_TRUE(std::ranges::equal(reply->bytes(), answer.bytes()));
}

TEST_F(FlatKeyValue, makes_the_contracts_own_error_of_what_fails_on_the_way) {
  EXPECT_EQ(std::get<Unavailable>(error<bool>("exists", Errc::unavailable)).value, "why");
  EXPECT_EQ(std::get<Unavailable>(error<std::int64_t>("increment", Errc::timed_out)).value, "why");
  EXPECT_EQ(std::get<Other>(error<Page>("list-keys", Errc::trapped)).value, "why");
  EXPECT_EQ(std::get<Other>(error<void>("set", Errc::exhausted)).value, "why");
  EXPECT_TRUE(
      std::holds_alternative<AccessDenied>(error<Outcome>("compare-and-swap", Errc::denied)));
  EXPECT_TRUE(
      std::holds_alternative<Conflict>(error<Snapshot>("get-with-version", Errc::conflict)));
}

TEST_F(FlatKeyValue, leaves_defects_and_the_end_of_the_call_what_they_are) {
  EXPECT_EQ(fails("get", Errc::cancelled).error().code, Errc::cancelled);
  EXPECT_EQ(fails("get", Errc::internal).error().code, Errc::internal);
}

TEST_F(FlatKeyValue, refuses_what_the_contract_does_not_have) {
  EXPECT_EQ(adapter->call(name, "watch", Image(), handles).error().code, Errc::invalid);
  EXPECT_EQ(fails("watch", Errc::unavailable).error().code, Errc::invalid);
}

}  // namespace
}  // namespace weft::contracts::keyvalue
