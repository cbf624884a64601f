// The words that a newcomer reads, in full: a change here is a change of what people see.
#include "host/plan/test_support.h"
#include "tests/support/known_providers.h"

namespace weft::plan {
namespace {

using namespace test;

constexpr std::string_view k_counter = R"(apiVersion: core.oam.dev/v1beta1
kind: Application
metadata:
  name: counter
  annotations:
    description: counts requests
spec:
  components:
    - name: counter
      type: component
      properties:
        image: ./counter.wasm
      traits:
        - type: spreadscaler
          properties:
            instances: 100
    - name: http
      type: capability
      properties:
        image: weft:http-server
      traits:
        - type: link
          properties:
            namespace: wasi
            package: http
            interfaces: [incoming-handler]
            source:
              config:
                - name: listen
                  properties: {address: "127.0.0.1:8000"}
            target: {name: counter}
)";

TEST(Newcomer, reads_which_lines_satisfy_an_import) {
  const auto told = Host()
                        .add(k_counter)
                        .with("counter-counter", loaded({k_store, k_atomics}, {k_handler}))
                        .told();

  EXPECT_EQ(
      told,
      R"(app.yaml:9:7: error: 'counter' imports wasi:keyvalue/store@0.2.0-draft and wasi:keyvalue/atomics@0.2.0-draft, and nothing here provides them
  Add to the traits of 'counter', above line 14:
        - type: link
          properties:
            namespace: wasi
            package: keyvalue
            interfaces: [store, atomics]
            target: {name: keyvalue}
and to spec.components:
    - name: keyvalue
      type: capability
      properties: {image: "weft:keyvalue-sqlite"}
)");
}

TEST(Newcomer, can_paste_those_lines) {
  auto mended = std::string(k_counter);
  mended.insert(mended.find("        - type: spreadscaler"), R"(        - type: link
          properties:
            namespace: wasi
            package: keyvalue
            interfaces: [store, atomics]
            target: {name: keyvalue}
)");
  mended += R"(    - name: keyvalue
      type: capability
      properties: {image: "weft:keyvalue-sqlite"}
)";

  EXPECT_EQ(
      Host().add(mended).with("counter-counter", loaded({k_store, k_atomics}, {k_handler})).told(),
      "");
}

TEST(Newcomer, reads_where_traits_begin_when_there_are_none) {
  const auto told = Host()
                        .add(R"(apiVersion: core.oam.dev/v1beta1
kind: Application
metadata: {name: a, annotations: {}}
spec:
  components:
  - name: web
    type: component
    properties: {image: ./web.wasm}
)")
                        .with("a-web", loaded({"shop:pricing/api@1.0.0"}, {}))
                        .told();

  EXPECT_EQ(
      told,
      R"(app.yaml:6:5: error: 'web' imports shop:pricing/api@1.0.0, and nothing here provides it
  Nothing that is built in serves it. If a component of yours exports it, add that to spec.components as NAME.
Add to 'web', which begins on line 6:
    traits:
      - type: link
        properties:
          namespace: shop
          package: pricing
          interfaces: [api]
          target: {name: NAME}
)");
}

TEST(Newcomer, reads_what_a_misspelt_key_was_meant_to_be) {
  auto misspelt = std::string(k_counter);
  misspelt.replace(misspelt.find("instances"), 9, "instnaces");

  EXPECT_EQ(manifest::text(
                manifest::read_manifest(misspelt, "app.yaml", tests::known_providers()).findings),
            R"(app.yaml:16:13: error: `instnaces` is not a key of the properties of a spreadscaler
  Did you mean `instances`?
app.yaml:16:13: error: the properties of a spreadscaler must have `instances`
)");
}

TEST(Newcomer, reads_what_a_misspelt_type_was_meant_to_be) {
  auto misspelt = std::string(k_counter);
  misspelt.replace(misspelt.find("type: capability"), 16, "type: capabilty ");

  EXPECT_EQ(manifest::text(
                manifest::read_manifest(misspelt, "app.yaml", tests::known_providers()).findings),
            R"(app.yaml:18:13: error: 'capabilty' is not a type of component
  Did you mean `capability`?
)");
}

TEST(Newcomer, reads_where_a_link_leads_to_nothing) {
  auto misspelt = std::string(k_counter);
  misspelt.replace(misspelt.find("target: {name: counter}"), 23, "target: {name: conter}");

  EXPECT_EQ(
      manifest::text(
          manifest::read_manifest(misspelt, "app.yaml", tests::known_providers()).findings),
      R"(app.yaml:31:28: error: the link from 'http' leads to nothing: there is no component 'conter' in this manifest
  Did you mean `counter`?
)");
}

TEST(Newcomer, reads_one_finding_for_a_misspelt_interface) {
  const auto planned =
      Host()
          .add(application(component("counter", link("wasi:keyvalue", "stor, atomics", "kv")) +
                           capability("kv", "weft:keyvalue-sqlite") +
                           http("counter", "address: 127.0.0.1:8000")))
          .with("app-counter", loaded({k_store, k_atomics}, {k_handler}))
          .plan();
  auto findings = planned.findings;
  findings.sort();

  ASSERT_EQ(findings.all().size(), 1u) << manifest::text(findings);
  EXPECT_EQ(findings.all().front().message, "'kv' has no interface 'stor' of wasi:keyvalue");
  EXPECT_EQ(findings.all().front().suggestion,
            "Did you mean `store`?\n  interfaces: [store, atomics]");
}

// All that follows from a misspelt word is said at that word, and only there.
TEST(Newcomer, reads_one_finding_for_a_misspelt_key_or_trait) {
  for (const auto& [right, wrong] :
       {std::pair<std::string, std::string>{"traits: [", "triats: ["},
        std::pair<std::string, std::string>{"{type: link", "{type: lnk"}}) {
    auto text = component("counter", link("wasi:keyvalue", "store", "kv"));
    text.replace(text.find(right), right.size(), wrong);
    auto read =
        manifest::read_manifest(application(text + capability("kv", "weft:keyvalue-sqlite")),
                                "app.yaml", tests::known_providers());
    ASSERT_TRUE(read.manifest) << manifest::text(read.findings);
    const std::vector<contracts::Manifest> manifests = {*read.manifest};
    const std::map<ComponentId, Loaded> components = {
        {ComponentId("app-counter"), loaded({k_store}, {k_handler})}};

    auto findings = std::move(read.findings);
    findings.append(make_plan({.manifests = manifests,
                               .components = components,
                               .providers = tests::known_providers()})
                        .findings);
    findings.sort();

    ASSERT_EQ(findings.all().size(), 1u) << manifest::text(findings);
    EXPECT_EQ(findings.all().front().severity, manifest::Severity::error);
    EXPECT_NE(findings.all().front().message.find("no link for wasi:keyvalue/store"),
              std::string::npos);
    EXPECT_TRUE(findings.all().front().suggestion.starts_with("Did you mean `"));
  }
}

// A word that was never a link explains no link that is missing.
TEST(Newcomer, reads_of_a_missing_link_beside_a_misspelt_scaler) {
  auto read = manifest::read_manifest(
      application(component("counter", ", {type: spreadscalar, properties: {instances: 1}}") +
                  capability("kv", "weft:keyvalue-sqlite")),
      "app.yaml", tests::known_providers());
  ASSERT_TRUE(read.manifest) << manifest::text(read.findings);
  const std::vector<contracts::Manifest> manifests = {*read.manifest};
  const std::map<ComponentId, Loaded> components = {
      {ComponentId("app-counter"), loaded({k_store}, {k_handler})}};

  auto findings = std::move(read.findings);
  findings.append(
      make_plan(
          {.manifests = manifests, .components = components, .providers = tests::known_providers()})
          .findings);
  findings.sort();

  const auto told = manifest::text(findings);
  EXPECT_NE(told.find("'spreadscalar' is not a trait that Weft knows"), told.npos) << told;
  EXPECT_NE(
      told.find("'counter' imports wasi:keyvalue/store@0.2.0-draft, and nothing here provides"),
      told.npos)
      << told;
  EXPECT_NE(told.find("'kv' does nothing"), told.npos) << told;
}

}  // namespace
}  // namespace weft::plan
