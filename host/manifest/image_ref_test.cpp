#include "host/manifest/image_ref.h"
#include "tests/support/known_providers.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace weft::manifest {
namespace {

using contracts::ImageKind;

struct Case {
  std::string_view text;
  ImageKind kind;
  std::string_view resolved;
};

class ReadImage : public testing::TestWithParam<Case> {};

TEST_P(ReadImage, tells_files_built_ins_and_registries_apart) {
  const auto image = read_image(GetParam().text, "deploy/app.yaml", tests::known_providers(), {});

  EXPECT_EQ(image.kind, GetParam().kind) << GetParam().text;
  EXPECT_EQ(image.resolved, GetParam().resolved);
  EXPECT_EQ(image.text, GetParam().text);
}

INSTANTIATE_TEST_SUITE_P(
    Texts, ReadImage,
    testing::Values(
        Case{"./api.wasm", ImageKind::file, "deploy/api.wasm"},
        Case{"../build/api", ImageKind::file, "build/api"},
        Case{"build/api.wasm", ImageKind::file, "deploy/build/api.wasm"},
        Case{"/srv/api.wasm", ImageKind::file, "/srv/api.wasm"},
        Case{"file:///srv/api.wasm", ImageKind::file, "/srv/api.wasm"},
        Case{"file://build/api.wasm", ImageKind::file, "deploy/build/api.wasm"},
        Case{"file://./api.wasm", ImageKind::file, "deploy/api.wasm"},
        Case{"weft:keyvalue-sqlite", ImageKind::builtin, "weft:keyvalue-sqlite"},
        Case{"weft:nonsense", ImageKind::builtin, "weft:nonsense"},
        Case{"ghcr.io/wasmcloud/http-server:0.27.0", ImageKind::builtin, "weft:http-server"},
        Case{"ghcr.io/wasmcloud/http-server", ImageKind::builtin, "weft:http-server"},
        Case{"oci://ghcr.io/wasmcloud/http-server@sha256:ab", ImageKind::builtin,
             "weft:http-server"},
        Case{"wasmcloud+builtin://http-server", ImageKind::builtin, "weft:http-server"},
        Case{"ghcr.io/acme/api:1.0", ImageKind::registry, "ghcr.io/acme/api:1.0"},
        Case{"http://example.com/api.wasm", ImageKind::registry, "http://example.com/api.wasm"},
        Case{"localhost:5000/api", ImageKind::registry, "localhost:5000/api"}));

TEST(WithoutTag, keeps_the_port_of_a_registry) {
  EXPECT_EQ(without_tag("localhost:5000/api:1.0"), "localhost:5000/api");
  EXPECT_EQ(without_tag("localhost:5000/api"), "localhost:5000/api");
  EXPECT_EQ(without_tag("oci://a/b@sha256:12"), "a/b");
}

TEST(RegistryAdvice, names_the_built_in_of_the_same_contract) {
  const auto advice = registry_advice(read_image("ghcr.io/wasmcloud/keyvalue-vault:0.8.0",
                                                 "app.yaml", tests::known_providers(), {}),
                                      tests::known_providers());

  EXPECT_THAT(advice, testing::HasSubstr("Vault"));
  EXPECT_THAT(advice, testing::HasSubstr("\n  image: weft:keyvalue-sqlite"));
}

TEST(RegistryAdvice, says_how_to_use_a_file) {
  const auto advice =
      registry_advice(read_image("ghcr.io/acme/api:1.0", "app.yaml", tests::known_providers(), {}),
                      tests::known_providers());

  EXPECT_THAT(advice, testing::HasSubstr("\n  image: ./api.wasm\n"));
}

TEST(RegistryAdvice, says_when_nothing_serves_a_contract) {
  const auto advice = registry_advice(
      read_image("ghcr.io/wasmcloud/blobstore-fs:0.6", "app.yaml", tests::known_providers(), {}),
      tests::known_providers());

  EXPECT_THAT(advice, testing::HasSubstr("No provider that is built in serves wasi:blobstore yet"));
}

}  // namespace
}  // namespace weft::manifest
