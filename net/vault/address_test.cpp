#include "net/vault/address.h"

#include <gtest/gtest.h>

namespace weft::net::vault {
namespace {

std::string read(std::string_view url) {
  const auto address = Address::parse(url);
  return address ? address->text() : "no: " + address.error().message;
}

TEST(VaultAddress, is_written_as_for_vault_itself) {
  EXPECT_EQ(read("http://127.0.0.1:8200"), "http://127.0.0.1:8200");
  EXPECT_EQ(read("https://vault.example/"), "https://vault.example:8200");
  EXPECT_EQ(read("https://[::1]:9"), "https://[::1]:9");
  EXPECT_EQ(read("https://[::1]"), "https://[::1]:8200");
}

TEST(VaultAddress, that_is_none_is_refused_without_being_shown) {
  for (const auto* wrong : {"vault:8200", "ftp://vault", "http://", "http://a b", "http://v:0",
                            "http://v:99999", "http://v/v1", "http://ann:secret@v"}) {
    EXPECT_TRUE(read(wrong).starts_with("no: ")) << wrong;
    EXPECT_EQ(read(wrong).find("secret@"), std::string::npos);
  }
}

TEST(VaultAddress, of_a_secret_keeps_its_slashes_and_encodes_what_is_not_plain) {
  EXPECT_EQ(percent_encoded("a-Z.0_~/b c%=\xc3\xa4"), "a-Z.0_~/b%20c%25%3D%C3%A4");
}

}  // namespace
}  // namespace weft::net::vault
