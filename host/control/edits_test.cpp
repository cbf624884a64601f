#include "host/control/edits.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "host/manifest/read_manifest.h"
#include "tests/support/known_providers.h"

namespace weft::control {
namespace {

using contracts::Manifest;
using testing::ElementsAre;
using testing::HasSubstr;

constexpr std::string_view k_counter = R"(apiVersion: core.oam.dev/v1beta1
kind: Application
metadata: {name: app, annotations: {}}
spec:
  components:
    - name: counter
      type: component
      properties: {image: ./counter.wasm}
      traits:
        - {type: spreadscaler, properties: {instances: 8}}
        - {type: link, properties: {namespace: wasi, package: keyvalue, interfaces: [store, atomics], target: {name: kv}}}
    - {name: kv, type: capability, properties: {image: "weft:keyvalue-sqlite"}}
    - {name: other, type: capability, properties: {image: "weft:keyvalue-sqlite"}}
)";
constexpr std::string_view k_platform = R"(apiVersion: core.oam.dev/v1beta1
kind: Application
metadata: {name: platform, annotations: {}}
spec:
  components:
    - {name: store, type: capability, properties: {image: "weft:keyvalue-sqlite"}}
)";

std::vector<Manifest> read(std::initializer_list<std::string_view> texts) {
  std::vector<Manifest> manifests;
  for (const auto text : texts)
    manifests.push_back(
        manifest::read_manifest(text, "app.yaml", tests::known_providers()).manifest.value());
  return manifests;
}

Result<Effect> edit(std::vector<Manifest>& manifests, const Edit& one) {
  return apply(one, tests::known_providers(), manifests);
}

const contracts::Component& component(const std::vector<Manifest>& manifests,
                                      std::string_view name) {
  for (const auto& manifest : manifests) {
    for (const auto& one : manifest.components) {
      if (one.name == name) return one;
    }
  }
  throw std::runtime_error("no such component");
}

// "store,atomics -> kv" for each link of `counter`.
std::vector<std::string> links(const std::vector<Manifest>& manifests) {
  std::vector<std::string> found;
  for (const auto& link : component(manifests, "counter").links) {
    std::string text;
    for (const auto& one : link.interfaces) text += (text.empty() ? "" : ",") + one.text;
    found.push_back(text + " -> " + link.target.text);
  }
  return found;
}

PutLink to(std::string target, std::vector<std::string> interfaces) {
  return {.source = "counter",
          .target = std::move(target),
          .ns = "wasi",
          .package = "keyvalue",
          .interfaces = std::move(interfaces),
          .source_config = {},
          .target_config = {}};
}

TEST(Edits, move_the_interfaces_of_a_link_and_leave_the_others) {
  auto manifests = read({k_counter});

  ASSERT_TRUE(edit(manifests, to("app-other", {"store"})));
  EXPECT_THAT(links(manifests), ElementsAre("atomics -> kv", "store -> other"));

  ASSERT_TRUE(edit(manifests, to("kv", {"store", "atomics"})));
  EXPECT_THAT(links(manifests), ElementsAre("store,atomics -> kv"));
}

TEST(Edits, keep_links_of_another_name_and_package) {
  auto manifests = read({k_counter});
  auto named = to("other", {"store"});
  named.name = "backup";

  ASSERT_TRUE(edit(manifests, named));

  EXPECT_THAT(links(manifests), ElementsAre("store,atomics -> kv", "store -> other"));
}

TEST(Edits, give_a_target_its_values) {
  auto manifests = read({k_counter});
  auto link = to("other", {"store"});
  link.target_config = {.names = {"far"}, .values = {{"url", "x"}}};

  ASSERT_TRUE(edit(manifests, link));

  const auto& configs = component(manifests, "counter").links.back().target_config;
  ASSERT_EQ(configs.size(), 2u);
  EXPECT_EQ(configs[0].name, "far");
  EXPECT_FALSE(configs[0].values);
  EXPECT_EQ(configs[1].values->front().value, "x");
}

TEST(Edits, link_to_what_another_application_has) {
  auto manifests = read({k_counter, k_platform});

  ASSERT_TRUE(edit(manifests, to("platform-store", {"store", "atomics"})));

  EXPECT_THAT(links(manifests), ElementsAre("store,atomics -> platform-store"));
  const auto& reference = component(manifests, "platform-store");
  ASSERT_TRUE(reference.shared);
  EXPECT_EQ(reference.shared->application, "platform");
  EXPECT_EQ(reference.shared->component, "store");
  EXPECT_EQ(manifests[1].annotations.back().value, "true");

  ASSERT_TRUE(edit(manifests, to("platform-store", {"store"})));
  EXPECT_EQ(manifests[0].components.size(), 4u) << "one reference serves all links";
}

TEST(Edits, leave_the_names_alone_that_an_application_has) {
  std::string taken(k_counter);
  taken.replace(taken.find("name: other"), 11, "name: platform-store");
  auto manifests = read({taken, k_platform});

  // Its id is free; its name is that of another one of `app`.
  ASSERT_TRUE(edit(manifests, to("platform-store", {"store"})));
  auto& links_of_counter = manifests[0].components.front().links;
  EXPECT_EQ(links_of_counter.back().target.text, "platform-store-2");
  EXPECT_EQ(component(manifests, "platform-store-2").shared->application, "platform");
}

TEST(Edits, name_what_was_meant) {
  auto manifests = read({k_counter});

  EXPECT_EQ(edit(manifests, to("othr", {"store"})).error().message,
            "there is no component or provider 'othr'; there are app-counter, app-kv, app-other");
  EXPECT_THAT(edit(manifests, to("app-othr", {"store"})).error().message,
              HasSubstr("Did you mean 'app-other'?"));
  EXPECT_THAT(edit(manifests, to("other", {})).error().message, HasSubstr("at least one"));
}

TEST(Edits, ask_for_the_id_where_two_have_the_name) {
  auto manifests = read({k_counter, k_platform});
  manifests[1].components.front().name = "kv";

  EXPECT_THAT(edit(manifests, to("kv", {"store"})).error().message,
              HasSubstr("name it by its id, app-kv or platform-store"));
}

TEST(Edits, delete_a_link_or_say_that_there_was_none) {
  auto manifests = read({k_counter});
  const DeleteLink gone{.source = "counter", .ns = "wasi", .package = "keyvalue"};

  EXPECT_EQ(edit(manifests, gone).value(), Effect::changed);
  EXPECT_THAT(links(manifests), ElementsAre());
  EXPECT_EQ(edit(manifests, gone).value(), Effect::nothing);
}

TEST(Edits, scale_components_only) {
  auto manifests = read({k_counter});

  ASSERT_TRUE(edit(manifests, Scale{"counter", 200}));

  EXPECT_EQ(component(manifests, "counter").scaler->instances, 200u);
  EXPECT_EQ(component(manifests, "counter").limits.calls, 200u);
  EXPECT_THAT(edit(manifests, Scale{"kv", 2}).error().message, HasSubstr("is a provider"));
}

TEST(Edits, update_a_component_from_a_file_only) {
  auto manifests = read({k_counter});

  ASSERT_TRUE(edit(manifests, Update{"counter", "/builds/2/counter.wasm"}));

  EXPECT_EQ(component(manifests, "counter").image->resolved, "/builds/2/counter.wasm");
  EXPECT_THAT(edit(manifests, Update{"counter", "ghcr.io/acme/counter:2"}).error().message,
              HasSubstr("is not a file"));
}

TEST(Edits, start_providers_in_an_application_of_their_own_and_stop_any) {
  auto manifests = read({k_counter});

  ASSERT_TRUE(
      edit(manifests, StartProvider{.id = "spare", .image = "weft:keyvalue-sqlite", .config = {}}));
  ASSERT_TRUE(edit(manifests, to("spare", {"store", "atomics"})));
  ASSERT_EQ(manifests.size(), 2u);
  EXPECT_EQ(manifests[1].components.front().id.text(), "spare");
  EXPECT_EQ(
      edit(manifests, StartProvider{.id = "app-kv", .image = "weft:keyvalue-sqlite", .config = {}})
          .error()
          .code,
      Errc::conflict);
  EXPECT_THAT(edit(manifests, StartProvider{.id = "x", .image = "weft:nothing", .config = {}})
                  .error()
                  .message,
              HasSubstr("not a built-in provider"));

  ASSERT_TRUE(edit(manifests, StopProvider{"spare"}));
  EXPECT_THAT(links(manifests), ElementsAre());
  EXPECT_TRUE(manifests[1].components.empty());
  EXPECT_THAT(edit(manifests, StopProvider{"counter"}).error().message,
              HasSubstr("weft scale counter 0"));
}

TEST(Edits, refuse_ids_of_providers_that_would_name_a_folder_elsewhere) {
  auto manifests = read({k_counter});

  for (const auto* id : {"../elsewhere", "/tmp/x", "", "a.b"}) {
    const auto refused =
        edit(manifests, StartProvider{.id = id, .image = "weft:keyvalue-sqlite", .config = {}});
    ASSERT_FALSE(refused) << id;
    EXPECT_EQ(refused.error().code, Errc::invalid) << id;
  }
  EXPECT_EQ(manifests.size(), 1u);
}

TEST(Edits, are_told_in_the_words_of_the_command_line_without_values) {
  auto link = to("kv", {"store", "atomics"});
  link.name = "backup";
  link.target_config.values = {{"url", "redis://:secret@h"}};

  link.source_config.names = {"near"};

  EXPECT_EQ(text(link),
            "link put counter kv wasi keyvalue --interface store --interface atomics --name backup "
            "--source-config near --target-value url=***");
  EXPECT_EQ(text(Scale{"counter", 3}), "scale counter 3");
  EXPECT_EQ(text(StartProvider{"spare", "weft:keyvalue-redis", {{"far"}, {{"url", "x"}}}}),
            "start provider weft:keyvalue-redis spare --config far --value url=***");
  EXPECT_EQ(text(StopProvider{"spare"}), "stop provider spare");
}

}  // namespace
}  // namespace weft::control
