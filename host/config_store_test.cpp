#include "host/config_store.h"

#include <gmock/gmock.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>
#include <thread>
#include <vector>

#include "host/manifest/read_manifest.h"
#include "tests/support/known_providers.h"

namespace weft::host {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

class ConfigStoreTest : public testing::Test {
 protected:
  ConfigStoreTest() {
    std::string pattern = (fs::temp_directory_path() / "weft-configs-XXXXXX").string();
    folder_ = ::mkdtemp(pattern.data());
  }
  ~ConfigStoreTest() override { fs::remove_all(folder_); }

  ConfigStore store() const { return ConfigStore(folder_ / "state"); }
  void write(std::string_view text) const {
    fs::create_directories(folder_ / "state");
    std::ofstream(store().file()) << text;
  }
  contracts::Manifest manifest(std::string_view component_config) const {
    const auto text = fmt::format(
        "apiVersion: core.oam.dev/v1beta1\nkind: Application\n"
        "metadata: {{name: app, annotations: {{}}}}\nspec:\n  components:\n"
        "    - name: a\n      type: component\n      properties:\n        image: ./a.wasm\n"
        "        config:\n{}",
        component_config);
    auto read = manifest::read_manifest(text, "app.yaml", tests::known_providers());
    EXPECT_TRUE(read.manifest) << manifest::text(read.findings);
    return *std::move(read.manifest);
  }
  fs::path folder_;
};

TEST_F(ConfigStoreTest, is_empty_before_anything_is_put) {
  EXPECT_EQ(store().read().value(), NamedConfigs());
  EXPECT_FALSE(fs::exists(folder_ / "state")) << "reading makes nothing";
}

TEST_F(ConfigStoreTest, keeps_what_is_put_in_a_file_of_its_owner) {
  ASSERT_TRUE(store().put("shop", {{"COLOUR", "blue"}, {"ü", "a\nb"}}));
  ASSERT_TRUE(store().put("other", {}));

  EXPECT_EQ(store().read().value(),
            (NamedConfigs{{"other", {}}, {"shop", {{"COLOUR", "blue"}, {"ü", "a\nb"}}}}));
  struct stat found{};
  ASSERT_EQ(::stat(store().file().c_str(), &found), 0);
  EXPECT_EQ(found.st_mode & 0777, 0600u);
}

TEST_F(ConfigStoreTest, replaces_a_config_whole) {
  ASSERT_TRUE(store().put("shop", {{"A", "1"}, {"B", "2"}}));

  ASSERT_TRUE(store().put("shop", {{"A", "3"}}));

  EXPECT_EQ(store().read().value(), (NamedConfigs{{"shop", {{"A", "3"}}}}));
}

TEST_F(ConfigStoreTest, removes_one_and_says_when_there_is_none) {
  ASSERT_TRUE(store().put("a", {}));
  ASSERT_TRUE(store().put("b", {}));

  EXPECT_TRUE(store().remove("a"));

  EXPECT_EQ(store().read().value(), (NamedConfigs{{"b", {}}}));
  EXPECT_EQ(store().remove("a").error().code, Errc::not_found);
  EXPECT_EQ(ConfigStore(folder_ / "nowhere").remove("a").error().code, Errc::not_found);
}

TEST_F(ConfigStoreTest, refuses_names_and_values_that_cannot_be_written_down) {
  for (const auto* name : {"", "two\nlines", "SECRET_x", "\xff"})
    EXPECT_EQ(store().put(name, {}).error().code, Errc::invalid) << name;
  EXPECT_EQ(store().put("a", {{"", "v"}}).error().code, Errc::invalid);
  EXPECT_EQ(store().put("a", {{"k", "\xff"}}).error().code, Errc::invalid);
  EXPECT_FALSE(fs::exists(store().file()));
}

TEST_F(ConfigStoreTest, does_not_touch_a_file_that_it_cannot_read) {
  for (const auto* text : {"", "{", "[]", R"({"layout":1})", R"({"layout":1,"configs":{"a":1}})",
                           R"({"layout":1,"configs":{"a":{"k":1}}})"}) {
    write(text);
    EXPECT_EQ(store().put("a", {}).error().code, Errc::invalid) << text;
    EXPECT_EQ(fs::file_size(store().file()), std::string_view(text).size());
  }
  write(R"({"layout":2,"configs":{}})");
  EXPECT_THAT(store().read().error().message, HasSubstr("upgrade weft"));
}

TEST_F(ConfigStoreTest, loses_nothing_when_many_write_at_once) {
  std::vector<std::thread> writers;
  for (int i = 0; i < 8; ++i) {
    writers.emplace_back([this, i] {
      for (int j = 0; j < 10; ++j) EXPECT_TRUE(store().put(fmt::format("c{}-{}", i, j), {}));
    });
  }
  for (auto& writer : writers) writer.join();

  EXPECT_EQ(store().read()->size(), 80u);
}

TEST_F(ConfigStoreTest, fills_the_configs_that_a_manifest_only_names) {
  ASSERT_TRUE(store().put("shared", {{"COLOUR", "blue"}}));
  std::vector<contracts::Manifest> manifests = {
      manifest("          - {name: own, properties: {A: x}}\n          - name: shared\n")};
  manifest::Findings findings;

  fill_configs(manifests, folder_ / "state", findings);

  EXPECT_EQ(manifest::text(findings), "");
  const auto& config = manifests[0].components[0].config;
  EXPECT_EQ(config[0].values->at(0).key, "A");
  ASSERT_EQ(config[1].values->size(), 1u);
  EXPECT_EQ(config[1].values->at(0).key, "COLOUR");
  EXPECT_EQ(config[1].values->at(0).value, "blue");
  EXPECT_EQ(config[1].values->at(0).at.line, 12u);
}

TEST_F(ConfigStoreTest, says_which_command_makes_a_config_that_is_missing) {
  ASSERT_TRUE(store().put("shared", {}));
  std::vector<contracts::Manifest> manifests = {manifest("          - name: shard\n")};
  manifest::Findings findings;

  fill_configs(manifests, folder_ / "state", findings);

  const auto told = manifest::text(findings);
  EXPECT_THAT(told, HasSubstr("app.yaml:11:13: error: the config 'shard' has no properties here"));
  EXPECT_THAT(told, HasSubstr("weft config put shard KEY=VALUE"));
  EXPECT_THAT(told, HasSubstr("Did you mean `shared`?"));
}

TEST_F(ConfigStoreTest, that_is_damaged_is_told_at_the_line_that_needs_it) {
  write("{");
  std::vector<contracts::Manifest> manifests = {manifest("          - name: shared\n")};
  manifest::Findings findings;

  fill_configs(manifests, folder_ / "state", findings);

  EXPECT_THAT(manifest::text(findings), HasSubstr("app.yaml:11:13: error: "));
  EXPECT_THAT(manifest::text(findings), HasSubstr("is not what weft wrote"));
}

}  // namespace
}  // namespace weft::host
