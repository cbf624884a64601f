#include <gmock/gmock.h>

#include <array>

#include "host/plan/test_support.h"

namespace weft::plan {
namespace {

using namespace test;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

TEST(Imports, of_the_host_need_no_link_in_any_version_that_fits) {
  const auto host = Host().add(application(component("a")));

  EXPECT_EQ(
      Host(host)
          .with("app-a", loaded({"wasi:cli/stdout@0.2.9", "wasi:clocks/wall-clock@0.2.0"}, {}))
          .told(),
      "");
  EXPECT_THAT(
      Host(host).with("app-a", loaded({"wasi:clocks/wall-clock@0.3.0"}, {})).told(),
      AllOf(HasSubstr("'a' imports wasi:clocks/wall-clock@0.3.0, and nothing here provides it"),
            HasSubstr("The host itself serves wasi:clocks/*@0.2.0.")));
}

TEST(Imports, of_types_alone_need_nothing) {
  auto a = loaded({}, {});
  a.type.imports.push_back(interface("shop:pricing/types@1.0.0", {}));

  EXPECT_EQ(Host().add(application(component("a"))).with("app-a", a).told(), "");
}

TEST(Imports, that_nothing_satisfies_are_told_all_at_once) {
  const auto told = Host()
                        .add(application(component("a") + component("b")))
                        .with("app-a", loaded({k_store, k_atomics, "my:own/thing@1.0.0"}, {}))
                        .with("app-b", loaded({"wasi:http/outgoing-handler@0.2.0"}, {}))
                        .told();

  EXPECT_THAT(told, HasSubstr("'a' imports wasi:keyvalue/store@0.2.0-draft and "
                              "wasi:keyvalue/atomics@0.2.0-draft, and nothing here provides them"));
  EXPECT_THAT(told, HasSubstr("image: \"weft:keyvalue-sqlite\""));
  EXPECT_THAT(told, HasSubstr("'a' imports my:own/thing@1.0.0, and nothing here provides it\n  "
                              "Nothing that is built in serves it."));
  EXPECT_THAT(told, HasSubstr("'b' imports wasi:http/outgoing-handler@0.2.0"));
}

// Two products behind one contract, of which one lacks an interface.
const manifest::Providers& two_products() {
  static constexpr std::array<std::string_view, 1> k_less = {k_store};
  static const contracts::ProviderKind other{.info = {.name = "weft:keyvalue-other",
                                                      .what = "keeps keys and values elsewhere",
                                                      .aliases = {},
                                                      .serves = k_less,
                                                      .calls = {},
                                                      .keys = {}},
                                             .start = {}};
  static const manifest::Providers both(
      {tests::known_providers().find("weft:keyvalue-sqlite"), &other});
  return both;
}

TEST(Imports, are_told_every_provider_that_would_satisfy_them) {
  const auto told = Host(two_products())
                        .add(application(component("a")))
                        .with("app-a", loaded({k_store, k_atomics}, {}))
                        .told();

  EXPECT_THAT(told, HasSubstr("'a' imports wasi:keyvalue/store@0.2.0-draft, and nothing"));
  EXPECT_THAT(told, HasSubstr("properties: {image: \"weft:keyvalue-sqlite\"}\nOr, as its image, in "
                              "the same place:\n    weft:keyvalue-other      keeps keys and values "
                              "elsewhere\n"));
  EXPECT_THAT(told, HasSubstr("'a' imports wasi:keyvalue/atomics@0.2.0-draft, and nothing"));
}

TEST(Imports, are_told_every_component_and_capability_that_is_there) {
  const auto told = Host(two_products())
                        .add(application(component("a") + capability("kv", "weft:keyvalue-sqlite") +
                                         component("mine")))
                        .with("app-a", loaded({k_store}, {}))
                        .with("app-mine", loaded({}, {k_store}))
                        .told();

  EXPECT_THAT(told, HasSubstr("target: {name: kv}\nOr, as its target: 'mine', a capability of "
                              "weft:keyvalue-other.\n"));
}

TEST(Imports, that_nobody_has_are_told_apart_from_those_that_somebody_has) {
  const auto told = Host()
                        .add(application(component("a")))
                        .with("app-a", loaded({k_store, "wasi:keyvalue/watcher@0.2.0-draft"}, {}))
                        .told();

  EXPECT_THAT(told, HasSubstr("'a' imports wasi:keyvalue/store@0.2.0-draft, and nothing"));
  EXPECT_THAT(told, HasSubstr("image: \"weft:keyvalue-sqlite\""));
  EXPECT_THAT(told, HasSubstr("'a' imports wasi:keyvalue/watcher@0.2.0-draft, and nothing here "
                              "provides it\n  Nothing that is built in serves it."));
}

TEST(Imports, of_the_outgoing_handler_are_met_by_a_component_that_answers_http) {
  const auto linked = [](std::string_view exported) {
    return Host()
        .add(application(component("a", link("wasi:http", "outgoing-handler", "b")) +
                         component("b")))
        .with("app-a", loaded({"wasi:http/outgoing-handler@0.2.6"}, {}))
        .with("app-b", loaded({}, {exported}));
  };

  const auto plan = linked(k_handler).good();
  ASSERT_EQ(plan.steps.size(), 3u);
  EXPECT_EQ(std::get<PutLink>(plan.steps.back().what).interface, "wasi:http/outgoing-handler");
  EXPECT_THAT(linked("wasi:http/incoming-handler@0.3.0").told(),
              HasSubstr("'a' imports wasi:http/outgoing-handler@0.2.6, 'b' has "
                        "wasi:http/outgoing-handler@0.3.0"));
  EXPECT_THAT(linked("shop:pricing/api@1.0.0").told(),
              HasSubstr("names wasi:http/outgoing-handler, which 'b' does not have"));
}

TEST(Imports, are_met_by_a_component_that_exports_the_flat_contract_to_which_they_are_adapted) {
  const auto linked = [](std::string_view links, std::string_view exported) {
    return Host()
        .add(application(component("a", links) + component("cache")))
        .with("app-a", loaded({k_store, k_atomics, "weft:keyvalue/store@0.1.0"}, {}))
        .with("app-cache", loaded({}, {exported}));
  };
  const auto links =
      link("wasi:keyvalue", "store, atomics", "cache") + link("weft:keyvalue", "store", "cache");

  const auto plan = linked(links, "weft:keyvalue/store@0.1.0").good();
  ASSERT_EQ(plan.steps.size(), 5u);
  EXPECT_EQ(std::get<PutLink>(plan.steps[2].what).interface, "wasi:keyvalue/store");
  EXPECT_EQ(std::get<PutLink>(plan.steps[2].what).target, ComponentId("app-cache"));
  EXPECT_THAT(linked(links, "weft:other/store@0.1.0").told(),
              HasSubstr("names wasi:keyvalue/store, which 'cache' does not have"));
  EXPECT_THAT(
      linked(link("wasi:keyvalue", "store, atomic", "cache"), "weft:keyvalue/store@0.1.0").told(),
      HasSubstr("Did you mean `atomics`?"));
  EXPECT_THAT(linked("", "weft:keyvalue/store@0.1.0").told(),
              AllOf(HasSubstr("namespace: wasi"), HasSubstr("target: {name: cache}")));
}

TEST(Imports, and_exports_of_a_flat_contract_have_its_functions) {
  const auto told = [](const contracts::InterfaceType& imported,
                       const contracts::InterfaceType& exported) {
    Loaded a{.type = {.imports = {imported}, .exports = {}}, .digest = ""};
    Loaded b{.type = {.imports = {}, .exports = {exported}}, .digest = ""};
    return Host()
        .add(application(component("a", link("weft:keyvalue", "store", "kv")) + component("b") +
                         capability("kv", "weft:keyvalue-sqlite")))
        .with("app-a", a)
        .with("app-b", b)
        .told();
  };
  const auto whole = known("weft:keyvalue/store@0.1.0");
  auto part = whole;
  part.functions.resize(2);
  part.functions[0].signature = "func()";

  EXPECT_EQ(told(whole, whole), "");
  EXPECT_THAT(told(part, whole),
              AllOf(HasSubstr("'a' imports weft:keyvalue/store@0.1.0 with other functions than it "
                              "has: 1\n  get: 'a' calls func(), the contract has func(bucket"),
                    HasSubstr("Build it against the WIT")));
  EXPECT_THAT(told(whole, part),
              AllOf(HasSubstr("'b' exports weft:keyvalue/store@0.1.0 with other functions than it "
                              "has: 10\n  get: the contract has func(bucket"),
                    HasSubstr("'b' does not have it")));
}

TEST(Imports, of_a_flat_contract_are_met_by_a_built_in_provider) {
  EXPECT_EQ(Host()
                .add(application(component("a", link("weft:keyvalue", "store", "kv")) +
                                 capability("kv", "weft:keyvalue-sqlite")))
                .with("app-a", loaded({"weft:keyvalue/store@0.1.0"}, {}))
                .told(),
            "");
}

TEST(Imports, are_pointed_to_a_component_of_the_application_that_has_them) {
  const auto told = Host()
                        .add(application(component("a") + component("pricing")))
                        .with("app-a", loaded({"shop:pricing/api@1.0.0"}, {}))
                        .with("app-pricing", loaded({}, {"shop:pricing/api@1.3.0"}))
                        .told();

  EXPECT_THAT(told, HasSubstr("interfaces: [api]\n"));
  EXPECT_THAT(told, HasSubstr("target: {name: pricing}"));
}

TEST(Imports, are_pointed_to_the_link_that_lacks_an_interface) {
  const auto told = Host()
                        .add(application(component("a", link("wasi:keyvalue", "store", "kv")) +
                                         capability("kv", "weft:keyvalue-sqlite")))
                        .with("app-a", loaded({k_store, k_atomics}, {}))
                        .told();

  EXPECT_THAT(
      told,
      HasSubstr("'a' imports wasi:keyvalue/atomics@0.2.0-draft, and nothing here provides it\n"
                "  Extend line 5 of the link to 'kv':\n  interfaces: [store, atomics]\n"));
}

TEST(Imports, in_a_version_that_nobody_has_name_those_that_exist) {
  const auto told = Host()
                        .add(application(component("a")))
                        .with("app-a", loaded({"wasi:keyvalue/store@0.2.0"}, {}))
                        .told();

  EXPECT_THAT(told, HasSubstr("weft:keyvalue-sqlite serves wasi:keyvalue/store@0.2.0-draft and "
                              "wasi:keyvalue/store@0.2.0-draft2."));
}

TEST(Imports, outside_packages_cannot_be_linked) {
  auto a = loaded({"greeter"}, {});
  a.type.imports.push_back({{}, {{"log", "func(string)"}}, {}});
  const auto told = Host().add(application(component("a"))).with("app-a", a).told();

  EXPECT_THAT(told, HasSubstr("'a' imports greeter and functions outside any interface"));
}

TEST(Imports, under_another_link_name_only_are_warned_about) {
  const auto planned =
      Host()
          .add(application(component("a", link("wasi:keyvalue", "store", "kv", ", name: cold")) +
                           capability("kv", "weft:keyvalue-sqlite")))
          .with("app-a", loaded({k_store}, {}))
          .plan();

  EXPECT_TRUE(planned.plan);
  EXPECT_THAT(
      manifest::text(planned.findings),
      HasSubstr(
          "warning: 'a' has wasi:keyvalue/store@0.2.0-draft only under the link name 'cold'"));
}

Host two(Loaded a, Loaded b) {
  return Host()
      .add(application(component("a", link("x:y", "api", "b")) + component("b")))
      .with("app-a", std::move(a))
      .with("app-b", std::move(b));
}

TEST(Links, fit_when_the_component_model_says_so) {
  EXPECT_EQ(two(loaded({"x:y/api@0.2.6"}, {}), loaded({}, {"x:y/api@0.2.3"})).told(), "");
  EXPECT_EQ(
      two(loaded({"x:y/api@1.0.0"}, {}), loaded({}, {"x:y/api@2.0.0", "x:y/api@1.1.0"})).told(),
      "");
}

TEST(Links, name_both_versions_that_do_not_fit) {
  EXPECT_THAT(
      two(loaded({"x:y/api@1.0.0"}, {}), loaded({}, {"x:y/api@2.0.0"})).told(),
      HasSubstr(
          "error: the versions do not fit: 'a' imports x:y/api@1.0.0, 'b' has x:y/api@2.0.0"));
}

TEST(Links, name_every_function_whose_signature_differs) {
  auto a = loaded({}, {});
  a.type.imports.push_back(interface(
      "x:y/api@1.0.0", {{"price", "func(u32) -> u64"}, {"list", "func()"}, {"same", "func()"}}));
  auto b = loaded({}, {});
  b.type.exports.push_back(interface(
      "x:y/api@1.0.0", {{"price", "func(u32) -> u32"}, {"same", "func()"}, {"more", "func()"}}));

  EXPECT_THAT(two(a, b).told(),
              HasSubstr("error: 'a' and 'b' do not agree on x:y/api: 2 of its functions differ\n"
                        "  price: 'a' calls func(u32) -> u64, 'b' has func(u32) -> u32\n"
                        "  list: 'a' calls func(), 'b' does not have it\n"
                        "  Build both against the same WIT.\n"));
}

TEST(Links, between_components_carry_no_resources) {
  auto a = loaded({}, {});
  a.type.imports.push_back(interface("x:y/api@1.0.0", {}, {"basket"}));
  auto b = loaded({}, {"x:y/api@1.0.0"});

  EXPECT_THAT(two(a, b).told(),
              HasSubstr("x:y/api@1.0.0 has resources (basket), which cannot cross a link"));
}

TEST(Links, need_a_target_that_has_the_interface) {
  EXPECT_THAT(two(loaded({"x:y/api@1.0.0"}, {}), loaded({}, {"x:y/other@1.0.0"})).told(),
              HasSubstr("error: the link from 'a' to 'b' names x:y/api, which 'b' does not have\n  "
                        "'b' exports: x:y/other@1.0.0.\n"));
  EXPECT_THAT(Host()
                  .add(application(component("a", link("wasi:keyvalue", "watcher", "kv")) +
                                   capability("kv", "weft:keyvalue-sqlite")))
                  .with("app-a", loaded({}, {}))
                  .told(),
              HasSubstr("'kv' serves: wasi:keyvalue/store@0.2.0-draft, "));
}

TEST(Links, start_at_those_who_call) {
  const auto kv = capability("kv", "weft:keyvalue-sqlite", link("wasi:keyvalue", "store", "a"));
  EXPECT_THAT(
      Host().add(application(component("a") + kv)).with("app-a", loaded({}, {k_store})).told(),
      HasSubstr(
          "'kv' (weft:keyvalue-sqlite) never calls wasi:keyvalue/store\n  Turn the link around"));
  EXPECT_THAT(Host().add(application(http("kv") + capability("kv", "weft:keyvalue-sqlite"))).told(),
              HasSubstr("are both capabilities"));
  EXPECT_THAT(Host()
                  .add(application(component("a") + http("a")))
                  .with("app-a", loaded({}, {"wasi:http/incoming-handler@0.3.0"}))
                  .told(),
              HasSubstr("'http' calls wasi:http/incoming-handler@0.2.0, 'a' has "
                        "wasi:http/incoming-handler@0.3.0"));
  EXPECT_THAT(
      Host().add(application(component("a") + http("a"))).with("app-a", loaded({}, {})).told(),
      HasSubstr("names wasi:http/incoming-handler, which 'a' does not have\n  'a' exports no "
                "interface."));
}

}  // namespace
}  // namespace weft::plan
