// Manifests in the shapes in which they are found for wasmCloud 1.x: all of them are read without
// an error.
#include <gtest/gtest.h>

#include "host/manifest/read_manifest.h"
#include "tests/support/known_providers.h"

namespace weft::manifest {
namespace {

struct Wild {
  std::string_view name;
  std::string_view yaml;
};

class Wilds : public testing::TestWithParam<Wild> {};

TEST_P(Wilds, are_read_without_error) {
  const auto result = read_manifest(GetParam().yaml, "wadm.yaml", tests::known_providers());

  EXPECT_TRUE(result.manifest) << text(result.findings);
  EXPECT_EQ(result.findings.count(Severity::error), 0u) << text(result.findings);
}

const std::vector<Wild> k_wild = {
    {"hello_world", R"(---
# The first application of most tutorials
apiVersion: core.oam.dev/v1beta1
kind: Application
metadata:
  name: rust-hello-world
  annotations:
    description: 'HTTP hello world, with the "http-server" provider'
    wasmcloud.dev/authors: somebody
    wasmcloud.dev/source-url: https://example.com/hello/wadm.yaml
    wasmcloud.dev/categories: |
      http,hello-world,example
spec:
  components:
    - name: http-component
      type: component
      properties:
        # Your manifest will point to the path of the built component
        image: file://./build/http_hello_world_s.wasm
      traits:
        # Govern the spread/scheduling of the component
        - type: spreadscaler
          properties:
            instances: 1

    # Add a capability provider that enables HTTP access
    - name: httpserver
      type: capability
      properties:
        image: ghcr.io/wasmcloud/http-server:0.23.2
      traits:
        # Establish a unidirectional link to the HTTP component over the `wasi:http` interface
        - type: link
          properties:
            target: http-component
            namespace: wasi
            package: http
            interfaces: [incoming-handler]
            source_config:
              - name: default-http
                properties:
                  address: 127.0.0.1:8080
)"},
    {"key_value_counter", R"(apiVersion: core.oam.dev/v1beta1
kind: Application
metadata:
  name: kvcounter
  annotations:
    version: v0.0.1
    description: "Counts in a store"
spec:
  components:
    - name: counter
      type: component
      properties:
        image: ghcr.io/example/component-http-keyvalue-counter:0.1.0
        id: counter
      traits:
        - type: link
          properties:
            target:
              name: kvredis
              config:
                - name: redis-url
                  properties:
                    url: redis://127.0.0.1:6379
            namespace: wasi
            package: keyvalue
            interfaces:
              - atomics
              - store
        - type: spreadscaler
          properties:
            instances: 100
            spread:
              - name: default
                requirements: {}
    - name: httpserver
      type: capability
      properties:
        image: ghcr.io/wasmcloud/http-server:0.27.0
        id: http
        config:
          - name: http-mode
            properties: {routing_mode: path, default_address: "0.0.0.0:8000"}
      traits:
        - type: spreadscaler
          properties:
            instances: 1
        - type: link
          properties:
            name: main
            target: {name: counter}
            namespace: wasi
            package: http
            interfaces: [incoming-handler]
            source:
              config:
                - {name: root-path, properties: {path: /}}
    - name: kvredis
      type: capability
      properties:
        image: ghcr.io/wasmcloud/keyvalue-redis:0.28.1
)"},
    {"everywhere", R"(apiVersion: core.oam.dev/v1beta1
kind: Application
metadata:
  name: everywhere
  labels: {example.com/tier: edge}
  annotations: {version: v1, description: ""}
spec:
  components:
    - name: echo
      type: actor
      properties:
        image: ghcr.io/example/echo:0.3.8
      traits:
        - type: daemonscaler
          properties:
            replicas: 5
            spread:
              - name: wasmclouds
                requirements:
                  hostcore.os: linux
    - name: messaging
      type: capability
      properties:
        image: ghcr.io/wasmcloud/messaging-nats:0.24.0
        config: [{name: nats-defaults}]
)"},
    {"secrets_and_shared", R"(apiVersion: core.oam.dev/v1beta1
kind: Application
metadata:
  name: with-secrets
  annotations:
    experimental.wasmcloud.dev/shared: "true"
spec:
  policies:
    - name: nats-kv
      type: policy.secret.wasmcloud.dev/v1alpha1
      properties:
        backend: nats-kv
        encryption_key_file: /keys/one
  components:
    - name: api
      type: component
      properties:
        image: ghcr.io/example/api:1
        secrets:
          - name: password
            properties: {policy: nats-kv, key: api_password}
      traits:
        - type: link
          properties:
            target:
              name: db
              secrets:
                - name: db-password
                  properties: {policy: nats-kv, key: db, field: password, version: "2"}
            namespace: wasmcloud
            package: postgres
            interfaces: [query]
    - name: db
      type: capability
      properties:
        application: {name: platform, component: postgres}
)"},
    {"json",
     R"({"apiVersion":"core.oam.dev/v1beta1","kind":"Application","metadata":{"name":"j","annotations":{"version":"1"}},
"spec":{"components":[{"name":"a","type":"component","properties":{"image":"registry.example/a:1"},"traits":[{"type":"spreadscaler",
"properties":{"instances":3,"spread":[{"name":"x","requirements":{},"weight":5}]}}]}]}})"},
};

INSTANTIATE_TEST_SUITE_P(Found, Wilds, testing::ValuesIn(k_wild),
                         [](const auto& info) { return std::string(info.param.name); });

}  // namespace
}  // namespace weft::manifest
