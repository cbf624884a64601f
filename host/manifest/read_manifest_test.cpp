#include "host/manifest/read_manifest.h"
#include "tests/support/known_providers.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

namespace weft::manifest {
namespace {

using contracts::ComponentKind;
using contracts::Manifest;

constexpr std::string_view k_full = R"(apiVersion: core.oam.dev/v1beta1
kind: Application
metadata:
  name: my-shop
  annotations:
    version: v1.2.0
    description: demo shop
  labels:
    team: web
spec:
  policies:
    - name: vault
      type: policy.secret.wasmcloud.dev/v1alpha1
      properties: {backend: vault, port: 8200}
  components:
    - name: api
      type: component
      properties:
        image: file://build/api.wasm
        config:
          - name: defaults
            properties:
              LOG: debug
          - name: elsewhere
        secrets:
          - name: db-password
            properties: {policy: vault, key: kv/db, field: password, version: "3"}
      traits:
        - type: spreadscaler
          properties:
            instances: 100
            spread:
              - {name: east, weight: 80, requirements: {zone: us-east-1}}
              - {name: west, weight: 20, requirements: {zone: us-west-1}}
        - type: link
          properties:
            namespace: wasi
            package: keyvalue
            interfaces: [atomics, store]
            target:
              name: kv
              config:
                - name: kv-url
                  properties: {url: "redis://127.0.0.1"}
        - type: limits
          properties:
            memory: 64MiB
            cpu_time: 500ms
            header_count: 50
    - name: kv
      type: capability
      properties:
        id: the-store
        image: weft:keyvalue-sqlite
    - name: http server
      type: capability
      properties:
        image: ghcr.io/wasmcloud/http-server:0.27.0
      traits:
        - type: link
          properties:
            name: front
            namespace: wasi
            package: http
            interfaces: [incoming-handler]
            source:
              config:
                - name: addr
                  properties: {address: "0.0.0.0:8080"}
            target: {name: api}
)";

Manifest read(std::string_view yaml) {
  auto result = read_manifest(yaml, "deploy/app.yaml", tests::known_providers());
  EXPECT_TRUE(result.manifest) << text(result.findings);
  return result.manifest.value_or(Manifest());
}

TEST(ReadManifest, reads_every_field) {
  const auto manifest = read(k_full);

  EXPECT_EQ(manifest.name.text(), "my-shop");
  EXPECT_EQ(manifest.version, "v1.2.0");
  EXPECT_EQ(manifest.description, "demo shop");
  EXPECT_EQ(manifest.labels.at(0).value, "web");
  EXPECT_EQ(manifest.policies.at(0).properties.at(1).value, "8200");
  ASSERT_EQ(manifest.components.size(), 3u);
  const auto& api = manifest.components[0];
  EXPECT_EQ(api.kind, ComponentKind::component);
  EXPECT_EQ(api.id.text(), "my_shop-api");
  EXPECT_EQ(api.image->resolved, "deploy/build/api.wasm");
  EXPECT_EQ(text(api.at), "deploy/app.yaml:16:7");
  EXPECT_EQ(text(api.traits_at), "deploy/app.yaml:29:11");
  EXPECT_EQ(api.config.at(0).id, "my_shop-defaults");
  EXPECT_EQ(api.config.at(0).values->at(0).value, "debug");
  EXPECT_EQ(api.config.at(1).id, "elsewhere");
  EXPECT_FALSE(api.config.at(1).values);
  EXPECT_EQ(api.secrets.at(0).id, "SECRET_my_shop-db_password");
  EXPECT_EQ(api.secrets.at(0).field, "password");
  EXPECT_EQ(api.scaler->instances, 100u);
  EXPECT_EQ(api.scaler->spreads.at(1).weight, 20u);
  EXPECT_EQ(api.scaler->spreads.at(0).requirements.at(0).value, "us-east-1");
}

TEST(ReadManifest, reads_links_and_identities_of_capabilities) {
  const auto manifest = read(k_full);

  const auto& link = manifest.components[0].links.at(0);
  EXPECT_EQ(link.name.text(), "default");
  EXPECT_EQ(link.ns + ":" + link.package, "wasi:keyvalue");
  EXPECT_EQ(link.interfaces.at(1).text, "store");
  EXPECT_EQ(link.target.text, "kv");
  EXPECT_EQ(link.target_config.at(0).id, "my_shop-kv_url");
  EXPECT_EQ(manifest.components[1].id.text(), "the-store");
  const auto& http = manifest.components[2];
  EXPECT_EQ(http.id.text(), "my_shop-http_server");
  EXPECT_EQ(http.image->resolved, "weft:http-server");
  EXPECT_EQ(http.links.at(0).name.text(), "front");
  EXPECT_EQ(http.links.at(0).source_config.at(0).values->at(0).value, "0.0.0.0:8080");
}

TEST(ReadManifest, sets_limits_and_remembers_their_lines) {
  const auto manifest = read(k_full);

  const auto& api = manifest.components[0];
  EXPECT_EQ(api.limits.memory, 64ull << 20);
  EXPECT_EQ(api.limits.cpu_time, 500'000'000u);
  EXPECT_EQ(api.limits.header_count, 50u);
  EXPECT_EQ(api.limits.calls, 100u);
  const auto at = [&](std::string_view key) {
    return std::ranges::find(api.limit_origins, key, &contracts::LimitOrigin::key)->at.line;
  };
  EXPECT_EQ(at("cpu_time"), 48u);
  EXPECT_EQ(at("calls"), 31u);
}

TEST(ReadManifest, takes_the_old_words) {
  const auto manifest = read(R"(apiVersion: core.oam.dev/v1beta1
kind: Application
metadata: {name: old, annotations: {version: 1.0}}
spec:
  components:
    - name: a
      type: actor
      properties: {image: ./a.wasm}
      traits:
        - {type: daemonscaler, properties: {replicas: 3}}
        - type: link
          properties:
            target: b
            namespace: x
            package: y
            interfaces: [z]
            source_config: [{name: s, properties: {k: v}}]
            target_config: [{name: t, properties: {k: v}}]
    - {name: b, type: component, properties: {image: ./b.wasm}, traits: null}
)");

  EXPECT_EQ(manifest.version, "1.0");
  const auto& a = manifest.components.at(0);
  EXPECT_EQ(a.kind, ComponentKind::component);
  EXPECT_EQ(a.scaler->kind, contracts::ScalerKind::daemon);
  EXPECT_EQ(a.limits.calls, 3u);
  EXPECT_EQ(a.links.at(0).target.text, "b");
  EXPECT_EQ(a.links.at(0).source_config.at(0).name, "s");
  EXPECT_EQ(a.links.at(0).target_config.at(0).name, "t");
}

TEST(ReadManifest, gives_a_component_without_scaler_the_default) {
  const auto result = read_manifest(R"({"apiVersion": "core.oam.dev/v1beta1", "kind": "Application",
 "metadata": {"name": "j", "annotations": {}},
 "spec": {"components": [{"name": "a", "type": "component", "properties": {"image": "./a.wasm"}}]}})",
                                    "app.json", tests::known_providers());

  ASSERT_TRUE(result.manifest) << text(result.findings);
  EXPECT_EQ(result.manifest->components.at(0).limits.calls, contracts::Limits().calls);
  EXPECT_EQ(text(result.findings),
            "app.json:3:26: info: 'a' has no scaler: it takes 256 calls at once (wadm would not "
            "start it)\n");
}

TEST(ReadManifest, tells_everything_at_once_in_the_order_of_lines) {
  const auto result = read_manifest(R"(apiVersion: core.oam.dev/v1beta1
kind: Application
metadata:
  name: my shop
spec:
  components:
    - name: web
      type: componnet
      properties:
        imgae: ./web.wasm
      traits:
        - type: spreadscaler
          properties: {replica: 10}
        - type: link
          properties:
            namespace: wasi
            package: keyvalue
            interfaces: store
            target: {name: kx}
    - name: kv
      type: capability
      properties: {image: weft:keyvalue-sqlit}
)",
                                    "app.yaml", tests::known_providers());

  EXPECT_FALSE(result.manifest);
  EXPECT_EQ(text(result.findings),
            R"(app.yaml:4:9: error: 'my shop' cannot be the name of an application
  A name has letters, digits, '-' and '_' only.
app.yaml:4:3: error: the metadata must have `annotations`
app.yaml:8:13: error: 'componnet' is not a type of component
  Did you mean `component`?
app.yaml:10:9: error: `imgae` is not a key of the properties of a component
  Did you mean `image`?
app.yaml:10:9: error: `image` of 'web' is missing
  Name a file, relative to this manifest:
  image: ./component.wasm
app.yaml:13:24: error: `replica` is not a key of the properties of a spreadscaler
  Did you mean `replicas`?
app.yaml:13:23: error: the properties of a spreadscaler must have `instances`
app.yaml:18:25: error: `interfaces` of a link must be a list; this is text, 'store'
  Write [store] for a list of one.
app.yaml:19:28: error: the link from 'web' leads to nothing: there is no component 'kx' in this manifest
  Did you mean `kv`?
app.yaml:22:27: error: 'weft:keyvalue-sqlit' is not a built-in provider
  Did you mean `weft:keyvalue-sqlite`?
)");
}

}  // namespace
}  // namespace weft::manifest
