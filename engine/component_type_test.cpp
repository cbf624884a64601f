#include "engine/component_type.h"

#include <gtest/gtest.h>

namespace weft::engine {
namespace {

using contracts::InterfaceName;

InterfaceName named(std::string_view text) {
  auto name = InterfaceName::parse(text);
  EXPECT_TRUE(name) << text;
  return *std::move(name);
}

TEST(ComponentType, is_read_from_the_engines_description) {
  const auto type = parse_component_type(R"json({
    "imports": [{"interface": "wasi:keyvalue/store@0.2.0-draft",
                 "functions": [{"name": "open", "signature": "func(a: string) -> own<bucket>"}],
                 "resources": ["bucket"]}],
    "exports": [{"interface": "shop:cart/api@1.2.3",
                 "functions": [{"name": "add", "signature": "func()"},
                               {"name": "all", "signature": "func() -> u32"}]}]})json");

  ASSERT_TRUE(type);
  ASSERT_EQ(type->imports.size(), 1u);
  EXPECT_EQ(type->imports[0].name.text(), "wasi:keyvalue/store@0.2.0-draft");
  EXPECT_EQ(type->imports[0].resources, std::vector<std::string>{"bucket"});
  ASSERT_EQ(type->imports[0].functions.size(), 1u);
  EXPECT_EQ(type->imports[0].functions[0].name, "open");
  EXPECT_EQ(type->imports[0].functions[0].signature, "func(a: string) -> own<bucket>");
  ASSERT_EQ(type->exports.size(), 1u);
  EXPECT_EQ(type->exports[0].name.version, "1.2.3");
  EXPECT_EQ(type->exports[0].functions.size(), 2u);
  EXPECT_TRUE(type->exports[0].resources.empty());
}

TEST(ComponentType, keeps_a_plain_name_as_the_interface) {
  const auto type =
      parse_component_type(R"json({"imports": [{"interface": "note"}], "exports": [{}]})json");

  ASSERT_TRUE(type);
  EXPECT_EQ(type->imports[0].name,
            (InterfaceName{.ns = "", .package = "", .interface = "note", .version = ""}));
  EXPECT_EQ(type->exports[0].name, InterfaceName());
}

TEST(ComponentType, of_something_else_is_a_defect_of_ours) {
  for (const auto* text :
       {"", "[]", "{", R"json({"imports": []})json", R"json({"exports": []})json"}) {
    const auto type = parse_component_type(text);
    ASSERT_FALSE(type) << text;
    EXPECT_EQ(type.error().code, Errc::internal);
  }
}

TEST(ComponentType, tells_what_the_engine_serves_itself) {
  for (const auto* name :
       {"wasi:cli/stdout@0.2.6", "wasi:clocks/wall-clock@0.2.0", "wasi:random/random@0.2.6",
        "wasi:io/streams@0.2.6", "wasi:filesystem/types@0.2.6", "wasi:sockets/tcp@0.2.6",
        "wasi:http/types@0.2.6"}) {
    EXPECT_TRUE(is_builtin(named(name))) << name;
  }
  // Outgoing requests are a capability; so is whatever another vendor calls cli.
  for (const auto* name : {"wasi:http/outgoing-handler@0.2.6", "wasi:keyvalue/store@0.2.0-draft",
                           "acme:cli/stdout@0.2.6", "wasi:config/store@0.2.0"}) {
    EXPECT_FALSE(is_builtin(named(name))) << name;
  }
}

TEST(ComponentType, finds_the_export_that_serves_an_import) {
  contracts::ComponentType type;
  for (const auto* name : {"shop:cart/api@1.2.0", "shop:cart/admin@1.2.0", "shop:cart/api@0.3.1"})
    type.exports.push_back({.name = named(name), .functions = {}, .resources = {}});

  EXPECT_EQ(find_export(type, named("shop:cart/api@1.9.0")), &type.exports[0]);
  EXPECT_EQ(find_export(type, named("shop:cart/admin@1.0.0")), &type.exports[1]);
  EXPECT_EQ(find_export(type, named("shop:cart/api@0.3.0")), &type.exports[2]);
  for (const auto* name : {"shop:cart/api@2.0.0", "shop:cart/api@0.4.0", "shop:cart/api",
                           "shop:cart/other@1.2.0", "shop:other/api@1.2.0", "other:cart/api@1.2.0"})
    EXPECT_EQ(find_export(type, named(name)), nullptr) << name;
}

}  // namespace
}  // namespace weft::engine
