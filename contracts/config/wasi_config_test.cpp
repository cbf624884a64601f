#include "contracts/config/wasi_config.h"

#include <gtest/gtest.h>

#include <optional>
#include <tuple>
#include <vector>

#include "contracts/image_codec.h"
#include "contracts/recording_guest.h"

namespace weft::contracts::config {
namespace {

// The cases of the contract's error have one shape: a text.
template <class T>
using ConfigResult = std::expected<T, std::variant<std::string, std::vector<std::byte>>>;
using Pairs = std::vector<std::tuple<std::string, std::string>>;

class WasiConfig : public ::testing::TestWithParam<std::string_view> {
 protected:
  template <class T, class... A>
  T call(std::string_view function, const A&... arguments) {
    const auto image = service().call(*InterfaceName::parse(GetParam()), function,
                                      encode(std::forward_as_tuple(arguments...)), guest);
    EXPECT_TRUE(image) << image.error().message;
    return std::get<0>(decode<std::tuple<ConfigResult<T>>>(*image).value()).value();
  }
  RecordingGuest guest;
};

TEST_P(WasiConfig, gives_the_value_of_a_key_as_it_is_written) {
  guest.settings = {{"Colour", "blue"}, {"EMPTY", ""}};

  EXPECT_EQ(call<std::optional<std::string>>("get", std::string("Colour")), "blue");
  EXPECT_EQ(call<std::optional<std::string>>("get", std::string("EMPTY")), "");
  EXPECT_EQ(call<std::optional<std::string>>("get", std::string("colour")), std::nullopt);
}

TEST_P(WasiConfig, gives_all_pairs) {
  EXPECT_EQ(call<Pairs>("get-all"), Pairs());
  guest.settings = {{"A", "1"}, {"B", "ü"}};

  EXPECT_EQ(call<Pairs>("get-all"), (Pairs{{"A", "1"}, {"B", "ü"}}));
}

TEST_P(WasiConfig, refuses_what_the_contract_does_not_have) {
  const auto name = *InterfaceName::parse(GetParam());

  EXPECT_EQ(service().call(name, "set", Image(), guest).error().code, Errc::invalid);
  EXPECT_EQ(service().call(name, "get", Image(), guest).error().code, Errc::invalid);
}

TEST_P(WasiConfig, is_found_by_the_exact_interface) {
  auto name = *InterfaceName::parse(GetParam());

  EXPECT_EQ(find_host_service(name), &service());
  name.version = "0.2.0";
  EXPECT_EQ(find_host_service(name), nullptr);
}

INSTANTIATE_TEST_SUITE_P(All, WasiConfig,
                         testing::Values("wasi:config/store@0.2.0-draft",
                                         "wasi:config/store@0.2.0-rc.1",
                                         "wasi:config/store@0.2.0-draft-2024-09-27",
                                         "wasi:config/runtime@0.2.0-draft"));

}  // namespace
}  // namespace weft::contracts::config
