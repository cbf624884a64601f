// The words that a newcomer reads, in full: a change here is a change of what people see.
#include "host/plan/test_support.h"

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

  EXPECT_EQ(manifest::text(manifest::read_manifest(misspelt, "app.yaml").findings),
            R"(app.yaml:16:13: error: `instnaces` is not a key of the properties of a spreadscaler
  Did you mean `instances`?
app.yaml:16:13: error: the properties of a spreadscaler must have `instances`
)");
}

TEST(Newcomer, reads_what_a_misspelt_type_was_meant_to_be) {
  auto misspelt = std::string(k_counter);
  misspelt.replace(misspelt.find("type: capability"), 16, "type: capabilty ");

  EXPECT_EQ(manifest::text(manifest::read_manifest(misspelt, "app.yaml").findings),
            R"(app.yaml:18:13: error: 'capabilty' is not a type of component
  Did you mean `capability`?
)");
}

TEST(Newcomer, reads_where_a_link_leads_to_nothing) {
  auto misspelt = std::string(k_counter);
  misspelt.replace(misspelt.find("target: {name: counter}"), 23, "target: {name: conter}");

  EXPECT_EQ(
      manifest::text(manifest::read_manifest(misspelt, "app.yaml").findings),
      R"(app.yaml:31:28: error: the link from 'http' leads to nothing: there is no component 'conter' in this manifest
  Did you mean `counter`?
)");
}

}  // namespace
}  // namespace weft::plan
