#include "contracts/secrets/wasmcloud_secrets.h"

#include <gtest/gtest.h>

#include <expected>
#include <tuple>
#include <variant>

#include "contracts/image_codec.h"
#include "contracts/recording_guest.h"

namespace weft::contracts::secrets {
namespace {

struct Upstream {
  std::string value;
};
struct Io {
  std::string value;
};
struct NotFound {};
struct TextValue {
  std::string value;
};
struct BytesValue {
  std::vector<std::byte> value;
};
using Got = std::expected<std::uint32_t, std::variant<Upstream, Io, NotFound>>;
using Value = std::variant<TextValue, BytesValue>;

class WasmcloudSecrets : public ::testing::Test {
 protected:
  static InterfaceName name(std::string_view interface) {
    return {"wasmcloud", "secrets", std::string(interface), "0.1.0-draft"};
  }
  Got get(std::string_view key) {
    const auto image =
        service().call(name("store"), "get", encode(std::forward_as_tuple(key)), guest);
    EXPECT_TRUE(image) << image.error().message;
    return std::get<0>(decode<std::tuple<Got>>(*image).value());
  }
  Result<Image> reveal(std::uint32_t handle) {
    return service().call(name("reveal"), "reveal", encode(std::forward_as_tuple(handle)), guest);
  }
  Value value(std::uint32_t handle) {
    return std::get<0>(decode<std::tuple<Value>>(*reveal(handle)).value());
  }
  void give(const std::string& key, SecretKind kind, std::string_view bytes) {
    guest.secrets[key] = {kind, std::as_bytes(std::span(bytes))};
  }
  RecordingGuest guest;
};

TEST_F(WasmcloudSecrets, reveals_texts_and_bytes) {
  give("password", SecretKind::text, "hunter2");
  give("key", SecretKind::bytes, "\xff\x01");

  EXPECT_EQ(std::get<TextValue>(value(get("password").value())).value, "hunter2");
  EXPECT_EQ(std::get<BytesValue>(value(get("key").value())).value.size(), 2u);
}

TEST_F(WasmcloudSecrets, says_not_found_to_what_the_component_was_not_given) {
  const auto got = get("password");

  ASSERT_FALSE(got);
  EXPECT_TRUE(std::holds_alternative<NotFound>(got.error()));
  EXPECT_EQ(guest.held.size(), 0u);
}

TEST_F(WasmcloudSecrets, keeps_the_value_out_of_the_handle) {
  give("password", SecretKind::text, "hunter2");

  const auto handle = get("password").value();

  EXPECT_EQ(guest.held.find(handle), "spassword");
}

TEST_F(WasmcloudSecrets, refuses_handles_that_are_no_secrets) {
  give("password", SecretKind::text, "hunter2");
  const auto bucket = guest.held.add("bpassword");

  EXPECT_EQ(reveal(*bucket).error().code, Errc::invalid);
  EXPECT_EQ(reveal(77).error().code, Errc::invalid);
}

TEST_F(WasmcloudSecrets, counts_against_the_handles_of_the_guest) {
  give("password", SecretKind::text, "hunter2");
  for (int i = 0; i < 8; ++i) EXPECT_TRUE(get("password"));

  const auto more =
      service().call(name("store"), "get", encode(std::tuple(std::string_view("password"))), guest);

  EXPECT_EQ(more.error().code, Errc::exhausted);
}

}  // namespace
}  // namespace weft::contracts::secrets
