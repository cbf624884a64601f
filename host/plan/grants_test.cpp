#include <gmock/gmock.h>

#include "host/plan/test_support.h"

namespace weft::plan {
namespace {

using namespace test;
using testing::HasSubstr;
using testing::Not;

TEST(Grants, wider_than_used_are_pointed_out) {
  const auto planned =
      Host()
          .add(application(component("a", link("wasi:keyvalue", "store, atomics, batch", "kv")) +
                           capability("kv", "weft:keyvalue-sqlite")))
          .with("app-a", loaded({k_store}, {}))
          .plan();

  EXPECT_TRUE(planned.plan);
  EXPECT_EQ(manifest::text(planned.findings),
            "app.yaml:5:193: warning: the link from 'a' to 'kv' grants more than is used: 'a' does "
            "not import atomics, batch\n"
            "  Narrow it to\n  interfaces: [store]\n");
}

TEST(Grants, of_which_nothing_is_used_are_pointed_out) {
  const auto told = Host()
                        .add(application(component("a", link("x:y", "z", "b")) + component("b")))
                        .with("app-a", loaded({}, {}))
                        .with("app-b", loaded({}, {"x:y/z"}))
                        .told();

  EXPECT_THAT(told, HasSubstr("warning: the link from 'a' to 'b' grants x:y/z, and 'a' imports "
                              "nothing of it\n  Remove the link."));
}

TEST(Grants, of_configuration_that_nothing_reads_are_pointed_out) {
  const auto ends = ", source: {config: [{name: s, properties: {k: v}}]}, target_config: []";
  const auto told = Host()
                        .add(application(component("a", link("x:y", "z", "b", ends),
                                                   ", config: [{name: c, properties: {k: v}}]") +
                                         component("b")))
                        .with("app-a", loaded({"x:y/z"}, {}))
                        .with("app-b", loaded({}, {"x:y/z"}))
                        .told();

  EXPECT_THAT(told, HasSubstr("warning: nothing reads this config: 'a' imports neither wasi:config "
                              "nor wasi:cli/environment"));
  EXPECT_THAT(
      told, HasSubstr("warning: nothing reads the source config of this link: 'a' is a component"));
}

TEST(Grants, of_target_config_are_read_by_components_that_import_wasi_config) {
  const auto told = [](std::string_view import) {
    return Host()
        .add(application(
            component("a", link("x:y", "z", "b, config: [{name: t, properties: {k: v}}]")) +
            component("b")))
        .with("app-a", loaded({"x:y/z"}, {}))
        .with("app-b", loaded({import}, {"x:y/z"}))
        .told();
  };

  EXPECT_EQ(told("wasi:config/store@0.2.0-draft"), "");
  EXPECT_THAT(told("wasi:cli/environment@0.2.0"),
              HasSubstr("warning: nothing reads the target config of this link: 'b' does not "
                        "import wasi:config"));
}

TEST(Grants, of_no_use_to_anybody_are_pointed_out) {
  EXPECT_THAT(Host().add(application(capability("kv", "weft:keyvalue-sqlite"))).told(),
              HasSubstr("'kv' does nothing"));
}

TEST(Cycles, are_allowed_and_shown) {
  const auto planned =
      Host()
          .add(application(component("a", link("x:y", "b", "b")) +
                           component("b", link("x:y", "c", "c")) +
                           component("c", link("x:y", "a", "a")) +
                           component("d", link("x:y", "d", "d") + link("x:y", "a", "a"))))
          .with("app-a", loaded({"x:y/b"}, {"x:y/a"}))
          .with("app-b", loaded({"x:y/c"}, {"x:y/b"}))
          .with("app-c", loaded({"x:y/a"}, {"x:y/c"}))
          .with("app-d", loaded({"x:y/d", "x:y/a"}, {"x:y/d"}))
          .plan();

  ASSERT_TRUE(planned.plan);
  const auto told = manifest::text(planned.findings);
  EXPECT_EQ(planned.findings.all().size(), 2u) << told;
  EXPECT_THAT(told, testing::AnyOf(HasSubstr("a -> b -> c -> a"), HasSubstr("b -> c -> a -> b"),
                                   HasSubstr("c -> a -> b -> c")));
  EXPECT_THAT(told, HasSubstr("these links form a cycle: d -> d"));
}

}  // namespace
}  // namespace weft::plan
