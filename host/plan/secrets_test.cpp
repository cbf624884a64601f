#include <gmock/gmock.h>

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

TEST(Secrets, of_a_capability_or_a_link_are_refused) {
  const auto told =
      Host()
          .add(
              "apiVersion: core.oam.dev/v1beta1\nkind: Application\nmetadata: {name: app, "
              "annotations: {}}\nspec:\n  policies: [{name: p, type: "
              "policy.secret.wasmcloud.dev/v1alpha1, properties: {backend: 'weft:secrets-file'}}]\n"
              "  components:\n  - {name: kv, type: capability, properties: {image: "
              "'weft:keyvalue-sqlite', secrets: [{name: s, properties: {policy: p, key: k}}]}}\n")
          .told();

  EXPECT_THAT(told, HasSubstr("the secret 's' would reach nobody"));
}

}  // namespace
}  // namespace weft::plan
