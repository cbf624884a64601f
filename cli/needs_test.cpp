#include "cli/needs.h"

#include <gtest/gtest.h>

#include <initializer_list>
#include <string_view>

#include "host/manifest/read_manifest.h"
#include "tests/support/known_providers.h"

namespace weft::cli {
namespace {

contracts::ComponentType importing(std::initializer_list<std::string_view> called,
                                   std::initializer_list<std::string_view> types_only = {}) {
  contracts::ComponentType type;
  for (const auto one : called)
    type.imports.push_back({*contracts::InterfaceName::parse(one), {{"f", "func()"}}, {}});
  for (const auto one : types_only)
    type.imports.push_back({*contracts::InterfaceName::parse(one), {}, {}});
  return type;
}

std::vector<Need> wanted_by(const contracts::ComponentType& type) {
  return needs(type, tests::known_providers());
}

TEST(Needs, join_the_interfaces_of_one_package) {
  const auto found = wanted_by(
      importing({"wasi:keyvalue/store@0.2.0-draft", "wasi:keyvalue/atomics@0.2.0-draft"}));

  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found.front().interfaces, (std::vector<std::string>{"store", "atomics"}));
  EXPECT_EQ(found.front().provider, "weft:keyvalue-sqlite");
}

TEST(Needs, leave_out_types_and_what_the_host_serves) {
  EXPECT_TRUE(
      wanted_by(importing({"wasi:clocks/monotonic-clock@0.2.0"}, {"example:shop/types@1.0.0"}))
          .empty());
}

TEST(Needs, become_a_manifest_without_a_finding) {
  const auto wanted =
      wanted_by(importing({"wasi:keyvalue/store@0.2.0-draft", "example:http/prices"}));

  const auto text = manifest_for("some folder/http.wasm", wanted, "127.0.0.1:9000");

  ASSERT_TRUE(text);
  const auto read = manifest::read_manifest(*text, "app.yaml", tests::known_providers());
  EXPECT_TRUE(read.findings.all().empty()) << manifest::text(read.findings) << *text;
  ASSERT_TRUE(read.manifest);
  EXPECT_EQ(read.manifest->components.size(), 4u);
  EXPECT_EQ(read.manifest->components.front().image->resolved, "some folder/http.wasm");
  EXPECT_EQ(read.manifest->components.front().links.size(), 2u);
}

TEST(Needs, have_no_manifest_when_nobody_could_serve_them) {
  EXPECT_FALSE(
      manifest_for("a.wasm", wanted_by(importing({"wasi:quantum/dice@9.0.0"})), "127.0.0.1:1"));
}

}  // namespace
}  // namespace weft::cli
