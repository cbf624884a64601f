#include <gmock/gmock.h>

#include <array>

#include "host/plan/test_support.h"

namespace weft::plan {
namespace {

using namespace test;
using testing::HasSubstr;

constexpr std::string_view k_secrets = "wasmcloud:secrets/store@0.1.0-draft";

Host app(std::string_view policy, std::string_view secret, std::string_view imports = k_secrets) {
  return Host()
      .add(fmt::format(
               "apiVersion: core.oam.dev/v1beta1\nkind: Application\n"
               "metadata: {{name: app, annotations: {{}}}}\nspec:\n"
               "  policies: [{{name: p, type: policy.secret.wasmcloud.dev/v1alpha1, properties: "
               "{{{}}}}}]\n"
               "  components:\n  - {{name: a, type: component, properties: {{image: ./a.wasm, "
               "secrets: [{{name: password, properties: {{policy: p, {}}}}}]}}}}\n",
               policy, secret),
           "folder/app.yaml")
      .with("app-a", loaded({imports}, {}));
}

constexpr std::string_view k_file = "backend: 'weft:secrets-file'";

TEST(Secrets, say_where_they_are_kept_and_not_what_they_are) {
  const auto plan =
      app("backend: 'weft:secrets-file', file: s, key_env: KEY", "key: db, field: f").good();

  const auto& step = std::get<StartComponent>(plan.steps.at(0).what);
  ASSERT_EQ(step.secrets.size(), 1u);
  EXPECT_EQ(step.secrets[0].name, "password");
  EXPECT_EQ(step.secrets[0].key, "db");
  EXPECT_EQ(step.secrets[0].field, "f");
  EXPECT_EQ(step.secrets[0].file, "folder/s");
  EXPECT_EQ(step.secrets[0].key_variable, "KEY");
  EXPECT_TRUE(step.secrets[0].key_file.empty());
}

TEST(Secrets, of_another_backend_are_refused_with_the_one_that_there_is) {
  const auto told = app("backend: nats-kv", "key: db").told();

  EXPECT_THAT(told, HasSubstr("'nats-kv' is not a backend of secrets that Weft has"));
  EXPECT_THAT(told, HasSubstr("backend: weft:secrets-file"));
}

TEST(Secrets, have_no_versions_and_one_key) {
  EXPECT_THAT(app(k_file, "key: db, version: '2'").told(), HasSubstr("Remove `version`."));
  EXPECT_THAT(app("backend: 'weft:secrets-file', key_file: a, key_env: B", "key: db").told(),
              HasSubstr("Keep one of `key_file` and `key_env`."));
  EXPECT_THAT(app("backend: 'weft:secrets-file', key_fil: a", "key: db").told(),
              HasSubstr("Did you mean `key_file`?"));
}

TEST(Secrets, that_nothing_reads_are_pointed_out) {
  EXPECT_THAT(app(k_file, "key: db", "wasi:cli/stdout@0.2.0").told(),
              HasSubstr("warning: nothing reads this secret: 'a' does not import"));
  EXPECT_EQ(app(k_file, "key: db").told(), "");
}

// A product with a key of its own and one of its links.
const manifest::Providers& with_keys() {
  using contracts::ConfigKey;
  using contracts::KeyPlace;
  using contracts::KeySupport;
  static constexpr std::array<ConfigKey, 2> keys = {
      ConfigKey{"wait", KeyPlace::provider, KeySupport::taken, "", "", ""},
      ConfigKey{"url", KeyPlace::link_target, KeySupport::taken, "", "", ""}};
  static constexpr std::array<std::string_view, 1> serves = {k_store};
  static const contracts::ProviderKind kind{.info = {.name = "weft:keyvalue-far",
                                                     .what = "",
                                                     .aliases = {},
                                                     .serves = serves,
                                                     .calls = {},
                                                     .keys = keys},
                                            .start = {}};
  static const manifest::Providers known({&kind});
  return known;
}

// `own`: more properties of the capability; `end`: those of the link's target and source.
Host far(std::string_view own, std::string_view end) {
  return Host(with_keys())
      .add(fmt::format(
          "apiVersion: core.oam.dev/v1beta1\nkind: Application\nmetadata: {{name: app, "
          "annotations: {{}}}}\nspec:\n  policies: [{{name: p, type: "
          "policy.secret.wasmcloud.dev/v1alpha1, properties: {{backend: 'weft:secrets-file'}}}}]\n"
          "  components:\n"
          "  - {{name: kv, type: capability, properties: {{image: 'weft:keyvalue-far'{0}}}}}\n"
          "  - {{name: b, type: component, properties: {{image: ./b.wasm}}}}\n"
          "  - {{name: a, type: component, properties: {{image: ./a.wasm}}, traits: [{{type: link, "
          "properties: {{namespace: wasi, package: keyvalue, interfaces: [store], {1}}}}}]}}\n",
          own, end))
      .with("app-a", loaded({k_store}, {}))
      .with("app-b", loaded({}, {k_store}));
}

constexpr std::string_view k_url = "secrets: [{name: URL, properties: {policy: p, key: k}}]";

TEST(Secrets, of_a_capability_and_of_links_to_it_are_settings) {
  const auto own = far(", secrets: [{name: url, properties: {policy: p, key: own}}], config: "
                       "[{name: c, properties: {wait: '1'}}]",
                       "target: {name: kv}")
                       .good();
  const auto link = far(", config: [{name: c, properties: {url: plain}}]",
                        fmt::format("target: {{name: kv, {}}}", k_url))
                        .good();

  const auto& provider = std::get<StartProvider>(own.steps.at(0).what);
  EXPECT_EQ(provider.config, (Settings{{"wait", "1"}}));
  ASSERT_EQ(provider.secrets.size(), 1u);
  EXPECT_EQ(provider.secrets[0].key, "own");
  EXPECT_EQ(std::get<OpenEndpoint>(own.steps.at(1).what).secrets.at(0).name, "url");
  const auto& endpoint = std::get<OpenEndpoint>(link.steps.at(1).what);
  EXPECT_EQ(endpoint.settings, Settings()) << "the secret of the link comes before the plain one";
  EXPECT_EQ(endpoint.secrets.at(0).key, "k");
  EXPECT_TRUE(std::get<StartProvider>(link.steps.at(0).what).secrets.empty());
}

TEST(Secrets, that_a_provider_does_not_know_are_refused) {
  EXPECT_THAT(
      far(", secrets: [{name: ulr, properties: {policy: p, key: k}}]", "target: {name: kv}").told(),
      HasSubstr("nothing reads the secret 'ulr': weft:keyvalue-far has no such key here"));
  EXPECT_THAT(
      far("", "target: {name: kv, secrets: [{name: wait, properties: {policy: p, key: k}}]}")
          .told(),
      HasSubstr("nothing reads the secret 'wait'"));
}

TEST(Secrets, of_the_source_of_a_link_or_of_a_component_as_its_target_are_refused) {
  EXPECT_THAT(far("", fmt::format("target: {{name: kv}}, source: {{{}}}", k_url)).told(),
              HasSubstr("the secret 'URL' would reach nobody"));
  EXPECT_THAT(far("", fmt::format("target: {{name: b, {}}}", k_url)).told(),
              HasSubstr("the secret 'URL' would reach nobody"));
}

}  // namespace
}  // namespace weft::plan
