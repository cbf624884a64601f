// What the tests of this folder plan: manifests as text, component types as lists.
#pragma once
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <deque>
#include <initializer_list>

#include "contracts/flat_contract.h"
#include "host/manifest/read_manifest.h"
#include "host/plan/plan.h"
#include "tests/support/known_providers.h"

namespace weft::plan::test {

inline contracts::InterfaceType interface(
    std::string_view name, std::vector<contracts::FunctionType> functions = {{"f", "func()"}},
    std::vector<std::string> resources = {}) {
  auto parsed = contracts::InterfaceName::parse(name);
  if (!parsed) parsed = contracts::InterfaceName{"", "", std::string(name), ""};
  return {*parsed, std::move(functions), std::move(resources)};
}

// With the functions that it has, where it is one of Weft's own.
inline contracts::InterfaceType known(std::string_view name) {
  auto made = interface(name);
  if (const auto* flat = contracts::find_flat_contract(made.name); flat != nullptr)
    made.functions.assign(flat->functions.begin(), flat->functions.end());
  return made;
}

inline Loaded loaded(std::initializer_list<std::string_view> imports,
                     std::initializer_list<std::string_view> exports, std::string digest = "d1") {
  Loaded made{.type = {}, .digest = std::move(digest)};
  for (const auto one : imports) made.type.imports.push_back(known(one));
  for (const auto one : exports) made.type.exports.push_back(known(one));
  return made;
}

// A disguise that tests can see through.
inline std::string reversed(std::string_view text) { return {text.rbegin(), text.rend()}; }

// Applications of one host and the components they name, by id.
class Host {
 public:
  // `providers` outlives this.
  explicit Host(const manifest::Providers& providers = tests::known_providers())
      : providers_(&providers) {}
  Host& add(std::string_view yaml, const std::string& file = "app.yaml") {
    auto read = manifest::read_manifest(yaml, file, *providers_);
    EXPECT_TRUE(read.manifest) << manifest::text(read.findings);
    if (read.manifest) manifests_.push_back(std::move(*read.manifest));
    return *this;
  }
  Host& with(std::string id, Loaded component) {
    components_[ComponentId(std::move(id))] = std::move(component);
    return *this;
  }
  Planned plan() const {
    return make_plan({.manifests = manifests_,
                      .components = components_,
                      .providers = *providers_,
                      .disguise = reversed});
  }
  // What the plan says, as text.
  std::string told() const { return manifest::text(plan().findings); }
  Plan good() const {
    auto planned = plan();
    EXPECT_TRUE(planned.plan) << manifest::text(planned.findings);
    return planned.plan.value_or(Plan());
  }

 private:
  const manifest::Providers* providers_;
  std::vector<contracts::Manifest> manifests_;
  std::map<ComponentId, Loaded> components_;
};

// A manifest whose spec.components is `components`, which begins in line 5.
inline std::string application(std::string_view components, std::string_view name = "app",
                               std::string_view annotations = "{}") {
  return fmt::format(
      "apiVersion: core.oam.dev/v1beta1\nkind: Application\nmetadata: {{name: {}, annotations: "
      "{}}}\n"
      "spec: {{components: [\n{}]}}\n",
      name, annotations, components);
}

// A component in one line.
inline std::string component(std::string_view name, std::string_view links = "",
                             std::string_view more = "") {
  return fmt::format(
      "{{name: {0}, type: component, properties: {{image: ./{0}.wasm{2}}}, traits: [{{type: "
      "spreadscaler, "
      "properties: {{instances: 10}}}}{1}]}},\n",
      name, links, more);
}

inline std::string link(std::string_view package, std::string_view interfaces,
                        std::string_view target, std::string_view more = "") {
  const auto colon = package.find(':');
  return fmt::format(
      ", {{type: link, properties: {{namespace: {}, package: {}, interfaces: [{}], target: {{name: "
      "{}}}{}}}}}",
      package.substr(0, colon), package.substr(colon + 1), interfaces, target, more);
}

inline std::string capability(std::string_view name, std::string_view image,
                              std::string_view links = "", std::string_view more = "") {
  auto traits = links.empty() ? std::string() : fmt::format(", traits: [{}]", links.substr(2));
  return fmt::format("{{name: {}, type: capability, properties: {{image: '{}'{}}}{}}},\n", name,
                     image, more, traits);
}

// An http-server `http` linked to `target`, with these keys in the link's source config.
inline std::string http(std::string_view target, std::string_view keys = "",
                        std::string_view more = "") {
  return capability(
      "http", "weft:http-server",
      link("wasi:http", "incoming-handler", target,
           fmt::format(", source: {{config: [{{name: h, properties: {{{}}}}}]}}", keys)),
      more);
}

constexpr std::string_view k_handler = "wasi:http/incoming-handler@0.2.3";
constexpr std::string_view k_store = "wasi:keyvalue/store@0.2.0-draft";
constexpr std::string_view k_atomics = "wasi:keyvalue/atomics@0.2.0-draft";

}  // namespace weft::plan::test
