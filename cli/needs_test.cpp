#include "cli/needs.h"

#include <gtest/gtest.h>

#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

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

cli::Run run_of(std::string_view file) {
  cli::Run run;
  run.file = file;
  return run;
}

// What `weft up` reads in the manifest that `weft run` offers; no finding is to be made in it.
contracts::Manifest read_offer(const cli::Run& run, const std::vector<Need>& wanted) {
  const auto text = manifest_for(run, wanted);
  if (!text) {
    ADD_FAILURE() << "there is no manifest";
    return {};
  }
  const auto read = manifest::read_manifest(*text, "app.yaml", tests::known_providers());
  EXPECT_TRUE(read.findings.all().empty()) << manifest::text(read.findings) << *text;
  return read.manifest.value_or(contracts::Manifest());
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
      wanted_by(importing({"wasi:clocks/monotonic-clock@0.2.0", "wasi:config/store@0.2.0-rc.1",
                           "wasi:logging/logging", "wasmcloud:secrets/store@0.1.0-draft"},
                          {"example:shop/types@1.0.0"}))
          .empty());
}

TEST(Needs, leave_out_functions_outside_any_interface_which_no_link_can_name) {
  contracts::ComponentType type;
  type.imports.push_back({contracts::InterfaceName{}, {{"f", "func()"}}, {}});

  EXPECT_TRUE(wanted_by(type).empty());
}

TEST(Needs, become_a_manifest_without_a_finding) {
  const auto wanted =
      wanted_by(importing({"wasi:keyvalue/store@0.2.0-draft", "example:http/prices"}));

  const auto manifest = read_offer(run_of("some folder/http.wasm"), wanted);

  ASSERT_EQ(manifest.components.size(), 4u);
  EXPECT_EQ(manifest.components.front().image->resolved, "some folder/http.wasm");
  EXPECT_EQ(manifest.components.front().links.size(), 2u);
}

TEST(Needs, become_a_manifest_that_gives_what_the_command_line_gave) {
  auto run = run_of("web.wasm");
  run.address = "127.0.0.1:9000";
  run.environment = {"A=1", "yes=no: \"maybe\"", "A=two=three", "E="};
  run.limits = {"memory=1MiB", "calls=7", "body_rate=1KiB/s", "memory=32MiB"};

  const auto manifest = read_offer(run, wanted_by(importing({"example:shop/prices"})));

  ASSERT_EQ(manifest.components.size(), 3u);
  const auto& web = manifest.components.front();
  EXPECT_EQ(web.limits.memory, 32u << 20);
  EXPECT_EQ(web.limits.calls, 7u);
  EXPECT_EQ(web.limits.body_rate, 1024u);
  ASSERT_EQ(web.config.size(), 1u);
  std::vector<std::pair<std::string, std::string>> seen;
  for (const auto& one : *web.config.front().values) seen.emplace_back(one.key, one.value);
  EXPECT_EQ(seen, (std::vector<std::pair<std::string, std::string>>{
                      {"yes", "no: \"maybe\""}, {"A", "two=three"}, {"E", ""}}));
  EXPECT_EQ(manifest.components.back().links.front().source_config.front().values->front().value,
            "127.0.0.1:9000");
}

TEST(Needs, become_a_manifest_without_a_limit_of_calls_where_there_was_none) {
  auto run = run_of("web.wasm");
  run.limits = {"calls=0"};

  const auto text = manifest_for(run, wanted_by(importing({"example:shop/prices"})));

  ASSERT_TRUE(text);
  const auto read = manifest::read_manifest(*text, "app.yaml", tests::known_providers());
  ASSERT_TRUE(read.manifest) << manifest::text(read.findings);
  EXPECT_EQ(read.manifest->components.front().limits.calls, 0u);
}

TEST(Needs, name_everything_so_that_yaml_takes_it_for_text) {
  for (const auto* file :
       {"true.wasm", "12.wasm", "-.wasm", "0x1f.wasm", "null.wasm", "1e3.wasm"}) {
    const auto manifest = read_offer(run_of(file), wanted_by(importing({"no:on/off"})));

    EXPECT_EQ(manifest.name.str() + ".wasm", file);
    EXPECT_EQ(manifest.components.front().name + ".wasm", file);
    ASSERT_EQ(manifest.components.front().links.size(), 1u);
    const auto& link = manifest.components.front().links.front();
    EXPECT_EQ(link.ns, "no");
    EXPECT_EQ(link.package, "on");
    EXPECT_EQ(link.interfaces.front().text, "off");
  }
}

TEST(Needs, have_no_manifest_when_nobody_could_serve_them) {
  EXPECT_FALSE(manifest_for(run_of("a.wasm"), wanted_by(importing({"wasi:quantum/dice@9.0.0"}))));
}

}  // namespace
}  // namespace weft::cli
