#include "providers/keyvalue_vault/secret.h"

#include <gtest/gtest.h>

namespace weft::providers::keyvalue_vault {
namespace {

constexpr auto k_bucket = Layout::secret_per_bucket;
constexpr auto k_key = Layout::secret_per_key;

std::string reply(std::string_view data) {
  return R"({"data":{"data":)" + std::string(data) +
         R"(,"metadata":{"version":3,"created_time":"2026","deletion_time":""}}})";
}
std::optional<std::string> value(std::string_view data, Layout layout, std::string_view key) {
  return value_of(read_secret(reply(data)).value(), layout, key).value();
}

TEST(Secret, of_a_bucket_is_read_as_the_1x_provider_wrote_it) {
  EXPECT_EQ(value(R"({"k":"aGk","n":"NDI"})", k_bucket, "k"), "hi");
  EXPECT_EQ(value(R"({"k":"aGk="})", k_bucket, "k"), "hi");
  EXPECT_EQ(value(R"({"k":""})", k_bucket, "k"), "");
  EXPECT_EQ(value(R"({"k":"aGk"})", k_bucket, "other"), std::nullopt);
}

TEST(Secret, of_a_bucket_is_written_without_padding_and_leaves_other_fields_alone) {
  auto secret = read_secret(reply(R"({"theirs":{"a":[1,null]},"k":"eA"})")).value();

  put_value(secret, k_bucket, "k", std::string_view("\0\xff", 2));
  put_value(secret, k_bucket, "", "hi");

  EXPECT_EQ(write_secret(secret, 3),
            R"({"data":{"":"aGk","k":"AP8","theirs":{"a":[1,null]}},"options":{"cas":3}})");
}

TEST(Secret, of_a_key_holds_text_as_it_is_and_other_bytes_in_base64) {
  Secret secret;

  put_value(secret, k_key, "k", "h\u00e4\n");
  EXPECT_EQ(write_secret(secret, std::nullopt), "{\"data\":{\"value\":\"h\u00e4\\n\"}}");
  put_value(secret, k_key, "k", "\xff\xfe\xfd");
  EXPECT_EQ(write_secret(secret, 0), R"({"data":{"value_base64":"//79"},"options":{"cas":0}})");
  EXPECT_EQ(value_of(secret, k_key, "k").value(), "\xff\xfe\xfd");
}

TEST(Secret, that_somebody_else_wrote_is_read_or_refused_by_its_field) {
  EXPECT_EQ(value(R"({"value":41})", k_key, "k"), "41");
  const auto refusal = [](std::string_view data, Layout layout) {
    return value_of(read_secret(reply(data)).value(), layout, "k").error().message;
  };
  EXPECT_TRUE(refusal(R"({"password":"x"})", k_key).starts_with("the secret has no field `value`"));
  EXPECT_TRUE(
      refusal(R"({"k":"h!"})", k_bucket).starts_with("the field `k` of the secret holds no"));
  EXPECT_TRUE(refusal(R"({"k":7})", k_bucket).starts_with("the field `k` of the secret holds no"));
}

TEST(Secret, that_was_deleted_has_a_version_and_no_fields) {
  const auto gone =
      read_secret(
          R"({"data":{"data":null,"metadata":{"version":2,"created_time":"1","deletion_time":"2"}}})")
          .value();

  EXPECT_EQ(gone.mark(), "2:1,2");
  EXPECT_TRUE(gone.fields.empty());
  EXPECT_EQ(read_secret("").value().mark(), "0:");
  EXPECT_EQ(read_secret(R"({"errors":[]})").value().version, 0u);
  EXPECT_FALSE(read_secret("<html>"));
}

}  // namespace
}  // namespace weft::providers::keyvalue_vault
