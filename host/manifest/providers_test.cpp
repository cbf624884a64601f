#include "host/manifest/providers.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "contracts/interface_name.h"
#include "tests/support/known_providers.h"

namespace weft::manifest {
namespace {

const Providers& known() { return tests::known_providers(); }

TEST(Providers, name_interfaces_that_are_interfaces) {
  for (const auto* kind : known().all()) {
    const auto& provider = kind->info;
    EXPECT_TRUE(provider.name.starts_with(k_builtin_prefix));
    EXPECT_EQ(known().find(provider.name), kind);
    for (const auto one : provider.serves) EXPECT_TRUE(contracts::InterfaceName::parse(one)) << one;
    for (const auto one : provider.calls) EXPECT_TRUE(contracts::InterfaceName::parse(one)) << one;
    for (const auto& key : provider.keys) {
      EXPECT_EQ(find_key(provider, key.place, key.key), &key);
      EXPECT_EQ(key.advice.empty(), key.support == contracts::KeySupport::taken) << key.key;
    }
  }
}

TEST(Providers, have_aliases_only_for_the_same_product) {
  EXPECT_EQ(known().find_alias("ghcr.io/wasmcloud/http-server"), known().find("weft:http-server"));
  EXPECT_EQ(known().find_alias("ghcr.io/wasmcloud/keyvalue-vault"), nullptr);
  ASSERT_NE(find_other_product("ghcr.io/wasmcloud/keyvalue-vault"), nullptr);
  EXPECT_EQ(known().find_serving("wasi:keyvalue"), known().find("weft:keyvalue-sqlite"));
  EXPECT_EQ(known().find_serving("wasi:key"), nullptr);
  EXPECT_EQ(find_other_product("ghcr.io/acme/keyvalue-vault"), nullptr);
}

TEST(Providers, find_keys_in_any_case) {
  const auto& http = known().find("weft:http-server")->info;

  EXPECT_NE(find_key(http, contracts::KeyPlace::link_source, "ADDRESS"), nullptr);
  EXPECT_EQ(find_key(http, contracts::KeyPlace::provider, "address"), nullptr);
}

TEST(Providers, print_their_table) {
  const auto text = known().text();

  EXPECT_THAT(text, testing::HasSubstr("weft:http-server: answers HTTP requests"));
  EXPECT_THAT(text, testing::HasSubstr("  also      ghcr.io/wasmcloud/http-server\n"));
  EXPECT_THAT(text, testing::HasSubstr("  serves    wasi:keyvalue/store@0.2.0-draft\n"));
  EXPECT_THAT(text, testing::HasSubstr("key       address (source config): IP:PORT"));
  EXPECT_THAT(text, testing::Not(testing::HasSubstr("tls_cert_file")));
}

}  // namespace
}  // namespace weft::manifest
