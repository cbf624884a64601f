#include "host/plan/plan.h"

#include <gmock/gmock.h>

#include "host/plan/test_support.h"

namespace weft::plan {
namespace {

using namespace test;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::StartsWith;

std::vector<std::string> keys(const Plan& plan) {
  std::vector<std::string> made;
  for (const auto& step : plan.steps) made.push_back(step.key);
  return made;
}

Host shop() {
  return Host()
      .add(application(component("web", link("shop:pricing", "api", "pricing") +
                                            link("shop:cart", "api", "cart")) +
                       component("cart", link("wasi:keyvalue", "store, atomics", "kv")) +
                       component("pricing") + capability("kv", "weft:keyvalue-sqlite") +
                       http("web", "address: '127.0.0.1:8000'")))
      .with("app-web", loaded({"shop:pricing/api@1.0.0", "shop:cart/api@1.0.0",
                               "wasi:io/poll@0.2.6", "wasi:http/types@0.2.3"},
                              {k_handler}))
      .with("app-cart", loaded({k_store, k_atomics}, {"shop:cart/api@1.2.0"}))
      .with("app-pricing", loaded({}, {"shop:pricing/api@1.0.0"}));
}

TEST(Plan, starts_callees_before_callers_and_opens_routes_last) {
  const auto plan = shop().good();

  EXPECT_THAT(
      keys(plan),
      ElementsAre("provider app-kv", "provider app-http", StartsWith("endpoint app-kv#"),
                  "component app-pricing", "component app-cart", "component app-web",
                  "link app-web default shop:pricing/api", "link app-web default shop:cart/api",
                  "link app-cart default wasi:keyvalue/store",
                  "link app-cart default wasi:keyvalue/atomics", "route app-http default"));
}

TEST(Plan, has_nothing_to_say_about_a_tidy_application) { EXPECT_EQ(shop().told(), ""); }

TEST(Plan, carries_what_each_step_needs) {
  const auto plan =
      Host()
          .add(application(component("a", link("wasi:keyvalue", "store", "kv"),
                                     ", config: [{name: c, properties: {k: v}}]") +
                           capability("kv", "weft:keyvalue-sqlite", "",
                                      ", config: [{name: d, properties: {FILE: x.db}}]")))
          .with("app-a", loaded({k_store, "wasi:config/store@0.3.0"}, {}, "digest"))
          .plan();

  EXPECT_THAT(manifest::text(plan.findings), HasSubstr("wasi:config/store"));
  const auto good =
      Host()
          .add(application(component("a", link("wasi:keyvalue", "store", "kv"),
                                     ", config: [{name: c, properties: {k: v}}]") +
                           capability("kv", "weft:keyvalue-sqlite", "",
                                      ", config: [{name: d, properties: {FILE: x.db}}]")),
               "deploy/app.yaml")
          .with("app-a", loaded({k_store}, {}, "digest"))
          .good();
  ASSERT_EQ(good.steps.size(), 4u);
  const auto& provider = std::get<StartProvider>(good.steps[0].what);
  EXPECT_EQ(provider.provider, "weft:keyvalue-sqlite");
  EXPECT_EQ(provider.config, (Settings{{"file", "x.db"}}));
  const auto& component_step = std::get<StartComponent>(good.steps[2].what);
  EXPECT_EQ(component_step.path, "deploy/a.wasm");
  EXPECT_EQ(component_step.digest, "digest");
  EXPECT_EQ(component_step.limits.calls, 10u);
  EXPECT_EQ(component_step.config, (Settings{{"k", "v"}}));
  const auto& put = std::get<PutLink>(good.steps[3].what);
  EXPECT_EQ(put.source.text(), "app-a");
  EXPECT_EQ(put.interface, "wasi:keyvalue/store");
  EXPECT_EQ(put.target.text(), "app-kv");
  const auto& endpoint = std::get<OpenEndpoint>(good.steps[1].what);
  EXPECT_EQ(endpoint.provider.text(), "app-kv");
  EXPECT_EQ(endpoint.settings, (Settings{{"file", "x.db"}}));
  EXPECT_EQ(put.endpoint, endpoint.name);
}

std::vector<OpenEndpoint> endpoints_of(const Plan& plan) {
  std::vector<OpenEndpoint> found;
  for (const auto& step : plan.steps) {
    if (const auto* one = std::get_if<OpenEndpoint>(&step.what)) found.push_back(*one);
  }
  return found;
}

Plan two_callers(std::string_view first, std::string_view second, std::string_view own = "") {
  const auto to_kv = [](std::string_view config) {
    return link("wasi:keyvalue", "store", fmt::format("kv, config: [{}]", config));
  };
  return Host()
      .add(application(
          component("a", to_kv(first)) + component("b", to_kv(second)) +
          capability("kv", "weft:keyvalue-sqlite", "", fmt::format(", config: [{}]", own))))
      .with("app-a", loaded({k_store}, {}))
      .with("app-b", loaded({k_store}, {}))
      .good();
}

TEST(Plan, opens_one_endpoint_for_all_links_with_the_same_settings) {
  const auto one = "{name: n, properties: {URL: 'redis://:secret@h'}}";

  const auto same =
      endpoints_of(two_callers(one, "{name: m, properties: {url: 'redis://:secret@h'}}"));
  const auto different = endpoints_of(two_callers(one, "{name: m, properties: {url: other}}"));

  ASSERT_EQ(same.size(), 1u);
  EXPECT_EQ(same[0].settings, (Settings{{"url", "redis://:secret@h"}}));
  EXPECT_THAT(same[0].name, HasSubstr(reversed("redis://:secret@h"))) << "nobody else sees it";
  EXPECT_EQ(different.size(), 2u);
}

TEST(Plan, lets_a_link_override_what_its_target_says_for_all) {
  const auto endpoints = endpoints_of(two_callers("{name: n, properties: {a: link}}", "",
                                                  "{name: own, properties: {A: all, b: all}}"));

  ASSERT_EQ(endpoints.size(), 2u);
  EXPECT_EQ(endpoints[0].settings, (Settings{{"a", "link"}, {"b", "all"}}));
  EXPECT_EQ(endpoints[1].settings, (Settings{{"a", "all"}, {"b", "all"}}));
}

TEST(Plan, opens_an_endpoint_anew_when_the_provider_changes) {
  const auto before = endpoints_of(two_callers("", "", "{name: c, properties: {a: '1'}}"));
  const auto after = endpoints_of(two_callers("", "", "{name: c, properties: {a: '2'}}"));

  EXPECT_NE(before.at(0).name, after.at(0).name);
}

TEST(Plan, says_what_to_do_about_images_in_registries) {
  const auto told =
      Host()
          .add(
              application("{name: a, type: component, properties: {image: 'ghcr.io/acme/a:1'}},\n" +
                          capability("kv", "ghcr.io/wasmcloud/keyvalue-vault:0.8.0")))
          .told();

  EXPECT_THAT(told, HasSubstr("app.yaml:5:48: error: 'ghcr.io/acme/a:1' cannot be had: Weft does "
                              "not fetch images from registries yet"));
  EXPECT_THAT(
      told,
      HasSubstr("app.yaml:6:50: error: 'ghcr.io/wasmcloud/keyvalue-vault:0.8.0' cannot be had"));
  EXPECT_THAT(told, HasSubstr("\n  image: weft:keyvalue-sqlite"));
}

TEST(Plan, refuses_secrets_of_a_backend_that_there_is_not) {
  const auto told =
      Host()
          .add(
              "apiVersion: core.oam.dev/v1beta1\nkind: Application\nmetadata: {name: app, "
              "annotations: {}}\n"
              "spec:\n  policies: [{name: p, type: policy.secret.wasmcloud.dev/v1alpha1, "
              "properties: {backend: b}}]\n"
              "  components:\n"
              "  - {name: a, type: component, properties: {image: ./a.wasm, "
              "secrets: [{name: s, properties: {policy: p, key: k}}]}}\n")
          .told();

  EXPECT_THAT(told, HasSubstr("'b' is not a backend of secrets that Weft has"));
}

TEST(Plan, finds_the_components_that_another_application_shares) {
  const auto user =
      application("{name: a, type: component, properties: {image: ./a.wasm}, traits: [" +
                  link("wasi:keyvalue", "store", "kv").substr(2) +
                  "]},\n{name: kv, type: capability, properties: {application: {name: platform, "
                  "component: store}}},\n");
  const auto platform = [](std::string_view annotations) {
    return application(capability("store", "weft:keyvalue-sqlite"), "platform", annotations);
  };
  const auto open = "{experimental.wasmcloud.dev/shared: 'true'}";

  const auto plan = Host()
                        .add(user)
                        .add(platform(open), "platform.yaml")
                        .with("app-a", loaded({k_store}, {}))
                        .good();
  EXPECT_EQ(std::get<PutLink>(plan.steps.back().what).target.text(), "platform-store");

  EXPECT_THAT(Host().add(user).told(),
              HasSubstr("belongs to the application 'platform', which is not here"));
  EXPECT_THAT(Host().add(user).add(platform("{}"), "platform.yaml").told(),
              HasSubstr("does not share its components"));
  const auto other = application(capability("stroe", "weft:keyvalue-sqlite"), "platform", open);
  EXPECT_THAT(Host().add(user).add(other, "platform.yaml").told(),
              HasSubstr("has no capability 'store'\n  Did you mean `stroe`?"));
}

TEST(Plan, refuses_two_applications_with_one_name_or_components_with_one_id) {
  const auto one =
      application("{name: a, type: component, properties: {image: ./a.wasm, id: x}},\n", "one");
  const auto two =
      application("{name: b, type: component, properties: {image: ./b.wasm, id: x}},\n", "two");

  EXPECT_THAT(
      Host().add(one, "1.yaml").add(one, "2.yaml").told(),
      HasSubstr(
          "2.yaml:1:1: error: two applications have the name 'one'; the other is 1.yaml:1:1"));
  EXPECT_THAT(Host().add(one, "1.yaml").add(two, "2.yaml").told(),
              HasSubstr("2.yaml:5:1: error: 'b' has the id x, and so has 'a' of the application "
                        "'one' (1.yaml:5:1)"));
}

TEST(Plan, tells_a_component_the_target_config_of_the_link_and_moves_the_link_when_it_changes) {
  const auto plan = [](std::string_view value) {
    const auto target = fmt::format("b, config: [{{name: t, properties: {{Key: {}}}}}]", value);
    return Host()
        .add(application(component("a", link("x:y", "z", target)) + component("b")))
        .with("app-a", loaded({"x:y/z"}, {}))
        .with("app-b", loaded({"wasi:config/store@0.2.0-draft"}, {"x:y/z"}))
        .good();
  };

  const auto before = plan("v");

  EXPECT_EQ(std::get<PutLink>(before.steps.back().what).target_config, (Settings{{"Key", "v"}}));
  EXPECT_THAT(keys(plan("w")), testing::ElementsAreArray(keys(before)));
  EXPECT_NE(plan("w").steps.back().hash, before.steps.back().hash);
}

TEST(Plan, leaves_out_components_with_no_instances) {
  const auto off =
      "{name: b, type: component, properties: {image: ./b.wasm}, traits: [{type: spreadscaler, "
      "properties: {instances: 0}}]},\n";
  auto host = Host().add(application(component("a", link("x:y", "z", "b")) + off));
  host.with("app-b", loaded({"other:thing/is-missing"}, {"x:y/z"}));

  auto unused = host;
  EXPECT_THAT(keys(unused.with("app-a", loaded({}, {})).good()), ElementsAre("component app-a"));
  EXPECT_THAT(host.with("app-a", loaded({"x:y/z"}, {})).told(),
              HasSubstr("error: 'a' needs x:y/z from 'b', which is not started"));
}

TEST(Plan, leaves_the_checks_out_whose_component_could_not_be_read) {
  const auto plan =
      Host().add(application(component("a", link("x:y", "z", "b")) + component("b"))).good();

  EXPECT_THAT(keys(plan), ElementsAre("link app-a default x:y/z"));
}

}  // namespace
}  // namespace weft::plan
