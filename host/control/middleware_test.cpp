#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "host/control/edits.h"
#include "host/manifest/read_manifest.h"
#include "tests/support/known_providers.h"

namespace weft::control {
namespace {

using contracts::Manifest;
using testing::ElementsAre;
using testing::HasSubstr;

constexpr std::string_view k_app = R"(apiVersion: core.oam.dev/v1beta1
kind: Application
metadata: {name: app, annotations: {}}
spec:
  components:
    - name: counter
      type: component
      properties: {image: ./counter.wasm}
      traits:
        - {type: spreadscaler, properties: {instances: 8}}
        - type: link
          properties:
            namespace: wasi
            package: keyvalue
            interfaces: [store, atomics]
            target: {name: kv, config: [{name: c, properties: {bucket: b}}]}
        - {type: link, properties: {namespace: shop, package: cart, interfaces: [api], target: {name: cart}}}
    - {name: cart, type: component, properties: {image: ./cart.wasm}, traits: [{type: spreadscaler, properties: {instances: 1}}]}
    - {name: kv, type: capability, properties: {image: "weft:keyvalue-sqlite"}}
    - {name: other, type: capability, properties: {image: "weft:keyvalue-sqlite"}}
)";

class Middleware : public testing::Test {
 protected:
  Result<Effect> edit(const Edit& one) { return apply(one, tests::known_providers(), manifests); }
  std::string refusal(const Edit& one) {
    auto copy = manifests;
    const auto done = apply(one, tests::known_providers(), copy);
    return done ? "done" : done.error().message;
  }
  // Every link as "counter default wasi:keyvalue/store,atomics -> kv {bucket=b}".
  std::vector<std::string> links() const {
    std::vector<std::string> found;
    for (const auto& component : manifests.front().components) {
      for (const auto& link : component.links) {
        std::string interfaces, told;
        for (const auto& one : link.interfaces)
          interfaces += (interfaces.empty() ? "" : ",") + one.text;
        for (const auto& config : link.target_config) {
          for (const auto& one : *config.values) told += one.key + "=" + one.value;
        }
        found.push_back(fmt::format("{} {} {}:{}/{} -> {} {{{}}}", component.name, link.name.text(),
                                    link.ns, link.package, interfaces, link.target.text, told));
      }
    }
    return found;
  }
  const contracts::Component& component(std::string_view name) const {
    return *std::ranges::find(manifests.front().components, name, &contracts::Component::name);
  }

  std::vector<Manifest> manifests = {
      manifest::read_manifest(k_app, "app.yaml", tests::known_providers()).manifest.value()};
  const InsertLink insert{.source = "counter",
                          .ns = "wasi",
                          .package = "keyvalue",
                          .image = "/x/cache.wasm",
                          .id = "cache",
                          .config = {{}, {{"ttl_ms", "100"}}},
                          .beside = "weft:keyvalue-sqlite",
                          .beside_config = {}};
};

TEST_F(Middleware, stands_between_the_ends_of_the_link_with_a_provider_of_its_own) {
  ASSERT_TRUE(edit(insert));

  EXPECT_THAT(links(),
              ElementsAre("counter default wasi:keyvalue/store,atomics -> cache {ttl_ms=100}",
                          "counter default shop:cart/api -> cart {}",
                          "cache default weft:keyvalue/store -> kv {bucket=b}",
                          "cache default wasi:keyvalue/store,atomics,batch -> cache-beside {}"));
  EXPECT_EQ(component("cache").limits.calls, 8u) << "its source is not made to wait";
  EXPECT_EQ(component("cache-beside").image->resolved, "weft:keyvalue-sqlite");
}

TEST_F(Middleware, leaves_everything_as_it_was_when_it_is_taken_out) {
  const auto before = links();
  const auto at = component("counter").links.front().target.at.line;

  ASSERT_TRUE(edit(insert));
  ASSERT_TRUE(edit(BypassLink{"cache"}));

  EXPECT_EQ(links(), before);
  EXPECT_EQ(component("counter").links.front().target.at.line, at);
  EXPECT_EQ(manifests.front().components.size(), 4u);
}

TEST_F(Middleware, leads_on_to_where_it_was_led_meanwhile) {
  ASSERT_TRUE(edit(insert));
  ASSERT_TRUE(edit(PutLink{.source = "cache",
                           .target = "other",
                           .ns = "weft",
                           .package = "keyvalue",
                           .interfaces = {"store"},
                           .source_config = {},
                           .target_config = {}}));

  ASSERT_TRUE(edit(BypassLink{"cache"}));

  EXPECT_EQ(links().front(), "counter default wasi:keyvalue/store,atomics -> other {}");
}

TEST_F(Middleware, may_stand_behind_another) {
  auto outer = insert;
  outer.id = "outer";

  ASSERT_TRUE(edit(insert));
  ASSERT_TRUE(edit(outer));
  EXPECT_EQ(links().front(), "counter default wasi:keyvalue/store,atomics -> outer {ttl_ms=100}");
  ASSERT_TRUE(edit(BypassLink{"cache"}));

  EXPECT_EQ(component("outer").links.front().target.text, "kv");
}

TEST_F(Middleware, is_refused_where_it_cannot_stand) {
  const auto with = [&](auto member, const char* value) {
    auto one = insert;
    one.*member = value;
    return refusal(one);
  };

  EXPECT_THAT(with(&InsertLink::package, "blobstore"), HasSubstr("has no flat contract"));
  EXPECT_THAT(with(&InsertLink::name, "spare"),
              HasSubstr("'counter' has no link named 'spare' for wasi:keyvalue"));
  EXPECT_THAT(with(&InsertLink::id, "kv"), HasSubstr("is already running"));
  EXPECT_THAT(with(&InsertLink::id, "a.b"), HasSubstr("cannot be an id"));
  EXPECT_THAT(with(&InsertLink::image, "weft:keyvalue-sqlite"), HasSubstr("is not a file"));
  EXPECT_THAT(with(&InsertLink::beside, "weft:keyvalue-oracle"),
              HasSubstr("is not a built-in provider"));
}

TEST_F(Middleware, is_refused_where_the_links_of_the_contract_lead_to_two_targets) {
  ASSERT_TRUE(edit(PutLink{.source = "counter",
                           .target = "other",
                           .ns = "wasi",
                           .package = "keyvalue",
                           .interfaces = {"atomics"},
                           .source_config = {},
                           .target_config = {}}));

  EXPECT_THAT(refusal(insert), HasSubstr("lead to 'kv' and to 'other'"));
}

TEST_F(Middleware, is_refused_where_the_links_of_the_contract_have_different_settings) {
  ASSERT_TRUE(edit(PutLink{.source = "counter",
                           .target = "kv",
                           .ns = "wasi",
                           .package = "keyvalue",
                           .interfaces = {"atomics"},
                           .source_config = {},
                           .target_config = {{}, {{"url", "redis://a"}}}}));

  EXPECT_THAT(refusal(insert), HasSubstr("lead to 'kv' with different settings"));
}

TEST_F(Middleware, is_not_taken_out_while_anybody_needs_it_for_something_else) {
  EXPECT_THAT(refusal(BypassLink{"cart"}), HasSubstr("'cart' stands in no link"));
  ASSERT_TRUE(edit(insert));
  ASSERT_TRUE(edit(PutLink{.source = "counter",
                           .target = "cache",
                           .ns = "shop",
                           .package = "cart",
                           .interfaces = {"api"},
                           .source_config = {},
                           .target_config = {}}));

  EXPECT_THAT(refusal(BypassLink{"cache"}),
              HasSubstr("'counter' is linked to 'cache' for shop:cart"));
}

}  // namespace
}  // namespace weft::control
