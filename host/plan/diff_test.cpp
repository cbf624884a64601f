#include "host/plan/diff.h"

#include <fmt/format.h>

#include <gmock/gmock.h>

#include "host/plan/test_support.h"

namespace weft::plan {
namespace {

using namespace test;
using testing::ElementsAre;
using testing::IsEmpty;

std::vector<std::string> keys(std::span<const Step> steps) {
  std::vector<std::string> made;
  for (const auto& step : steps) made.push_back(step.key);
  return made;
}

Host app(std::string_view pricing, std::string_view digest = "d1", std::string_view path = "/") {
  return Host()
      .add(application(component("web", link("shop:pricing", "api", pricing)) +
                       component("pricing") + component("sale") +
                       http("web", fmt::format("address: '127.0.0.1:1', path: {}", path))))
      .with("app-web", loaded({"shop:pricing/api"}, {k_handler}, std::string(digest)))
      .with("app-pricing", loaded({}, {"shop:pricing/api"}))
      .with("app-sale", loaded({}, {"shop:pricing/api"}));
}

TEST(Diff, of_the_same_manifest_is_empty) {
  const auto plan = app("pricing").good();

  const auto made = diff(applied(plan), plan);

  EXPECT_TRUE(made.empty());
  EXPECT_EQ(made.unchanged.size(), plan.steps.size());
}

TEST(Diff, changes_one_link_when_one_line_changes) {
  const auto made = diff(applied(app("pricing").good()), app("sale").good());

  EXPECT_THAT(keys(made.changed), ElementsAre("link app-web default shop:pricing/api"));
  EXPECT_THAT(made.added, IsEmpty());
  EXPECT_THAT(made.removed, IsEmpty());
}

TEST(Diff, sees_a_new_build_and_a_new_path) {
  EXPECT_THAT(keys(diff(applied(app("pricing").good()), app("pricing", "d2").good()).changed),
              ElementsAre("component app-web"));
  EXPECT_THAT(keys(diff(applied(app("pricing").good()), app("pricing", "d1", "/x").good()).changed),
              ElementsAre("route app-http default"));
}

TEST(Diff, adjusts_a_component_whose_config_changes) {
  const auto with = [](std::string_view value) {
    const auto config = fmt::format(", config: [{{name: c, properties: {{k: {}}}}}]", value);
    return Host()
        .add(application(component("a", "", config)))
        .with("app-a", loaded({"wasi:config/store@0.2.0-draft"}, {}))
        .good();
  };

  const auto made = diff(applied(with("one")), with("two"));

  EXPECT_THAT(keys(made.adjusted), ElementsAre("component app-a"));
  EXPECT_THAT(made.changed, IsEmpty());
  EXPECT_TRUE(diff(applied(with("one")), with("one")).empty());
}

TEST(Diff, does_not_care_where_lines_stand) {
  const auto text_ = application(component("a"));
  const auto one = Host().add(text_).with("app-a", loaded({}, {})).good();
  const auto two = Host().add("# moved\n\n" + text_).with("app-a", loaded({}, {})).good();

  EXPECT_TRUE(diff(applied(one), two).empty());
}

TEST(Diff, removes_the_last_done_first_and_adds_in_order) {
  const auto small = Host()
                         .add(application(component("pricing")))
                         .with("app-pricing", loaded({}, {"shop:pricing/api"}))
                         .good();
  const auto large = app("pricing").good();

  const auto shrunk = diff(applied(large), small);
  EXPECT_THAT(shrunk.removed,
              ElementsAre("route app-http default", "link app-web default shop:pricing/api",
                          "component app-sale", "component app-web", "provider app-http"));
  const auto grown = diff(applied(small), large);
  EXPECT_THAT(keys(grown.added),
              ElementsAre("provider app-http", "component app-web", "component app-sale",
                          "link app-web default shop:pricing/api", "route app-http default"));
}

TEST(Hash, is_the_same_in_every_build) {
  const auto plan = Host()
                        .add(application(component("a", link("wasi:keyvalue", "store", "kv")) +
                                         capability("kv", "weft:keyvalue-sqlite")))
                        .with("app-a", loaded({k_store}, {}))
                        .good();

  EXPECT_EQ(plan.steps.front().key, "provider app-kv");
  EXPECT_EQ(plan.steps.front().hash, 1356662860876080627u);
}

}  // namespace
}  // namespace weft::plan
