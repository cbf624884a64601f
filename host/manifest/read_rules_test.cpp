// Every rule of reading a manifest, one case each.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "host/manifest/read_manifest.h"
#include "tests/support/known_providers.h"

#include <fmt/format.h>

namespace weft::manifest {
namespace {

enum class Part {
  root,        // the whole text
  metadata,    // behind `metadata: `
  spec,        // behind `spec: `
  component,   // the component `a` beside `b` and `kv`
  properties,  // of `a`
  trait,       // the only trait of `a`
  link,        // the properties of a link of `a`
};

struct Rule {
  std::string_view name;
  Part part;
  std::string_view yaml;      // one line, flow style
  std::string_view severity;  // "error", "warning", or "none"
  std::string_view message;   // part of the finding's text
};

std::string manifest_of(Part part, std::string_view yaml) {
  constexpr std::string_view good = "{name: app, annotations: {}}";
  const auto component = [&](std::string_view text) {
    return fmt::format(
        "{{policies: [{{name: p, type: policy.secret.wasmcloud.dev/v1alpha1, properties: "
        "{{backend: x}}}},"
        " {{name: q, type: other, properties: {{}}}},"
        " {{name: r, type: policy.secret.wasmcloud.dev/v1alpha1, properties: {{}}}}], components: "
        "[\n{},\n"
        "{{name: b, type: component, properties: {{image: ./b.wasm, id: bee}}}},\n"
        "{{name: kv, type: capability, properties: {{image: 'weft:keyvalue-sqlite'}}}}]}}",
        text);
  };
  const auto whole = [&](std::string_view metadata, std::string_view spec) {
    return fmt::format(
        "apiVersion: core.oam.dev/v1beta1\nkind: Application\nmetadata: {}\nspec: {}\n", metadata,
        spec);
  };
  const auto traits = [&](std::string_view text) {
    return component(fmt::format(
        "{{name: a, type: component, properties: {{image: ./a.wasm}}, traits: [{}]}}", text));
  };
  switch (part) {
    case Part::root:
      return std::string(yaml);
    case Part::metadata:
      return whole(yaml, component("{name: a, type: component, properties: {image: ./a.wasm}}"));
    case Part::spec:
      return whole(good, yaml);
    case Part::component:
      return whole(good, component(yaml));
    case Part::properties:
      return whole(good,
                   component(fmt::format("{{name: a, type: component, properties: {}}}", yaml)));
    case Part::trait:
      return whole(good, traits(yaml));
    case Part::link:
      return whole(good, traits(fmt::format("{{type: link, properties: {}}}", yaml)));
  }
  return {};
}

class Rules : public testing::TestWithParam<Rule> {};

TEST_P(Rules, hold) {
  const auto& rule = GetParam();

  const auto result =
      read_manifest(manifest_of(rule.part, rule.yaml), "app.yaml", tests::known_providers());

  const auto told = text(result.findings);
  if (rule.severity == "none") {
    EXPECT_EQ(result.findings.count(Severity::error) + result.findings.count(Severity::warning), 0u)
        << told;
    return;
  }
  EXPECT_THAT(told, testing::HasSubstr(fmt::format("{}: ", rule.severity)));
  EXPECT_THAT(told, testing::HasSubstr(rule.message));
  EXPECT_EQ(result.manifest.has_value(), rule.severity != "error") << told;
  for (const auto& finding : result.findings.all()) EXPECT_GT(finding.at.line, 0u) << told;
}

using enum Part;
constexpr std::string_view k_e = "error";
constexpr std::string_view k_w = "warning";

const std::vector<Rule> k_root = {
    {"root_is_a_map", root, "[1]", k_e, "a manifest must be a map"},
    {"root_needs_apiVersion", root, "{kind: Application}", k_e, "must have `apiVersion`"},
    {"root_needs_kind", root, "{apiVersion: x}", k_e, "must have `kind`"},
    {"root_needs_metadata", root, "{kind: Application}", k_e, "must have `metadata`"},
    {"root_needs_spec", root, "{kind: Application}", k_e, "must have `spec`"},
    {"root_denies_unknown_keys", root, "{specs: 1}", k_e,
     "`specs` is not a key of a manifest\n  Did you mean `spec`?"},
    {"other_kind_warns", root,
     "{apiVersion: v1, kind: Pod, metadata: {name: a, annotations: {}}, spec: {components: []}}",
     k_w, "`kind` is 'Pod', not 'Application'"},
    {"no_components_warn", spec, "{components: []}", k_w, "no components"},
    {"metadata_is_a_map", metadata, "x", k_e, "the metadata must be a map"},
    {"name_is_needed", metadata, "{annotations: {}}", k_e, "the metadata must have `name`"},
    {"name_pattern", metadata, "{name: a.b, annotations: {}}", k_e, "'a.b' cannot be the name"},
    {"name_may_be_a_number", metadata, "{name: 12, annotations: {}}", "none", ""},
    {"annotations_are_needed", metadata, "{name: a}", k_e, "must have `annotations`"},
    {"annotations_are_a_map", metadata, "{name: a, annotations: [x]}", k_e,
     "the annotations must be a map"},
    {"annotation_numbers_pass", metadata, "{name: a, annotations: {version: 1.0, flag: true}}",
     "none", ""},
    {"annotation_values_are_scalars", metadata, "{name: a, annotations: {x: [1]}}", k_e,
     "must be text; this is a list"},
    {"version_latest", metadata, "{name: a, annotations: {version: latest}}", k_e,
     "cannot be `latest`"},
    {"annotation_keys", metadata, "{name: a, annotations: {-x: y}}", k_e,
     "cannot be the key of an annotation"},
    {"label_keys", metadata, "{name: a, annotations: {}, labels: {'1.x/y': z}}", k_e,
     "cannot be the key of a label"},
    {"prefixed_label_keys", metadata, "{name: a, annotations: {wasmcloud.dev/x: y}}", "none", ""},
    {"metadata_unknown_key_warns", metadata, "{name: a, annotations: {}, lables: {}}", k_w,
     "Did you mean `labels`?"},
    {"spec_unknown_key_warns", spec, "{components: [], policy: []}", k_w,
     "`policy` is not a key of the spec: nothing reads it"},
    {"components_are_needed", spec, "{}", k_e, "the spec must have `components`"},
    {"components_are_a_list", spec, "{components: {name: a}}", k_e,
     "Begin each of its items with `- `"},
    {"policies_are_complete", spec, "{components: [], policies: [{name: p, type: t}]}", k_e,
     "a policy must have `properties`"},
};

const std::vector<Rule> k_components = {
    {"component_is_a_map", component, "x", k_e, "a component must be a map"},
    {"component_name", component, "{type: component, properties: {image: ./a}}", k_e,
     "a component must have `name`"},
    {"component_type", component, "{name: a, properties: {image: ./a}}", k_e,
     "a component must have `type`"},
    {"component_types", component, "{name: a, type: provider, properties: {image: ./a}}", k_e,
     "`component` (WebAssembly)"},
    {"component_properties", component, "{name: a, type: component}", k_e,
     "a component must have `properties`"},
    {"component_unknown_key_warns", component,
     "{name: a, type: component, properties: {image: ./a}, trait: []}", k_w,
     "Did you mean `traits`?"},
    {"component_names_differ", component, "{name: b, type: component, properties: {image: ./a}}",
     k_e, "two components with the name 'b'"},
    {"traits_are_a_list", component,
     "{name: a, type: component, properties: {image: ./a}, traits: {}}", k_e,
     "`traits` must be a list"},
    {"ids_differ", properties, "{image: ./a, id: bee}", k_e, "have the same id, bee"},
    {"ids_are_text", properties, "{image: ./a, id: 7}", k_e, "Write \"7\", with quotes."},
    {"ids_name_folders", properties, "{image: ./a, id: ../b}", k_e, "'../b' cannot be an id"},
    {"properties_deny_unknown_keys", properties, "{image: ./a, configs: []}", k_e,
     "Did you mean `config`?"},
    {"image_or_application", properties, "{}", k_e, "`image` of 'a' is missing"},
    {"image_xor_application", properties, "{image: ./a, application: {name: x, component: y}}", k_e,
     "has both"},
    {"image_null_is_none", properties, "{image: null}", k_e, "is missing"},
    {"image_is_text", properties, "{image: [./a]}", k_e, "`image` must be text; this is a list"},
    {"provider_as_component", properties, "{image: 'weft:http-server'}", k_e,
     "Write `type: capability`."},
    {"file_as_capability", component, "{name: a, type: capability, properties: {image: ./a.wasm}}",
     k_e, "write `type: component`"},
    {"shared_is_complete", properties, "{application: {name: x}}", k_e, "must have `component`"},
    {"shared_unknown_key_warns", properties, "{application: {name: x, component: y, id: z}}", k_w,
     "nothing reads it"},
    {"shared_has_no_config", properties,
     "{application: {name: x, component: y}, config: [{name: c}]}", k_e,
     "where its config must stand"},
    {"shared_has_no_secrets", properties,
     "{application: {name: x, component: y}, secrets: [{name: c, properties: {policy: p, key: "
     "k}}]}",
     k_e, "where its secrets must stand"},
    {"shared_has_no_scaler", component,
     "{name: a, type: component, properties: {application: {name: x, component: y}}, traits: "
     "[{type: spreadscaler, properties: "
     "{instances: 1}}]}",
     k_e, "where its scaler must stand"},
    {"config_is_a_list", properties, "{image: ./a, config: {k: v}}", k_e, "must be a list"},
    {"config_null", properties, "{image: ./a, config: null}", k_e,
     "must be a list; this is nothing"},
    {"config_name", properties, "{image: ./a, config: [{properties: {}}]}", k_e,
     "a config must have `name`"},
    {"config_denies_unknown_keys", properties, "{image: ./a, config: [{name: c, propertys: {}}]}",
     k_e, "Did you mean `properties`?"},
    {"config_values_are_text", properties,
     "{image: ./a, config: [{name: c, properties: {port: 8080}}]}", k_e,
     "Write \"8080\", with quotes."},
    {"secret_policy_exists", properties,
     "{image: ./a, secrets: [{name: s, properties: {policy: z, key: k}}]}", k_e,
     "names the policy 'z', which does not exist"},
    {"secret_policy_type", properties,
     "{image: ./a, secrets: [{name: s, properties: {policy: q, key: k}}]}", k_e,
     "is not one for secrets"},
    {"secret_policy_backend", properties,
     "{image: ./a, secrets: [{name: s, properties: {policy: r, key: k}}]}", k_e,
     "has no `backend`"},
    {"secret_is_complete", properties,
     "{image: ./a, secrets: [{name: s, properties: {policy: p}}]}", k_e, "must have `key`"},
    {"secret_unknown_key_warns", properties,
     "{image: ./a, secrets: [{name: s, properties: {policy: p, key: k, feild: x}}]}", k_w,
     "Did you mean `field`?"},
    {"secret_passes", properties,
     "{image: ./a, secrets: [{name: s, properties: {policy: p, key: k}}]}", "none", ""},
};

const std::vector<Rule> k_traits = {
    {"trait_denies_unknown_keys", trait,
     "{type: spreadscaler, properties: {instances: 1}, incorrect: true}", k_e,
     "`incorrect` is not a key of a trait"},
    {"trait_type", trait, "{properties: {}}", k_e, "a trait must have `type`"},
    {"trait_properties", trait, "{type: spreadscaler}", k_e, "a trait must have `properties`"},
    {"custom_trait_warns", trait, "{type: my-own, properties: {x: 1}}", k_w, "Traits are `link`"},
    {"misspelt_trait_warns", trait, "{type: spreadscalar, properties: {instances: 1}}", k_w,
     "Did you mean `spreadscaler`?"},
    {"scaler_denies_unknown_keys", trait,
     "{type: spreadscaler, properties: {instances: 1, spraed: []}}", k_e, "Did you mean `spread`?"},
    {"scaler_instances", trait, "{type: daemonscaler, properties: {}}", k_e,
     "a daemonscaler must have `instances`"},
    {"scaler_instances_count", trait, "{type: spreadscaler, properties: {instances: -1}}", k_e,
     "a whole number from 0"},
    {"scaler_instances_no_text", trait, "{type: spreadscaler, properties: {instances: '5'}}", k_e,
     "Write 5, without quotes."},
    {"scaler_instances_no_fraction", trait, "{type: spreadscaler, properties: {instances: 1.5}}",
     k_e, "a whole number from 0"},
    {"scaler_instances_hex", trait, "{type: spreadscaler, properties: {instances: 0x10}}", "none",
     ""},
    {"scaler_both_words", trait, "{type: spreadscaler, properties: {instances: 1, replicas: 1}}",
     k_e, "another word"},
    {"second_scaler_warns", trait,
     "{type: spreadscaler, properties: {instances: 1}}, {type: daemonscaler, properties: "
     "{instances: 2}}",
     k_w, "a second scaler"},
    {"spread_denies_unknown_keys", trait,
     "{type: spreadscaler, properties: {instances: 1, spread: [{name: x, requirements: {}, wieght: "
     "1}]}}",
     k_e, "Did you mean `weight`?"},
    {"spread_requirements", trait,
     "{type: spreadscaler, properties: {instances: 1, spread: [{name: x}]}}", k_e,
     "must have `requirements`"},
    {"spread_requirements_text", trait,
     "{type: spreadscaler, properties: {instances: 1, spread: [{name: x, requirements: {a: 1}}]}}",
     k_e, "Write \"1\", with quotes."},
    {"spread_weights", trait,
     "{type: spreadscaler, properties: {instances: 1, spread: [{name: x, requirements: {}, weight: "
     "0}]}}",
     k_e, "add up to 0"},
    {"limits_deny_unknown_keys", trait, "{type: limits, properties: {memroy: 1MiB}}", k_e,
     "Did you mean `memory`?"},
    {"limits_values", trait, "{type: limits, properties: {cpu_time: fast}}", k_e, "such as 500ms"},
    {"limits_smallest", trait, "{type: limits, properties: {memory: 1}}", k_e, "64 KiB at least"},
    {"limits_pass", trait, "{type: limits, properties: {memory: 1MiB, calls: 5}}", "none", ""},
    {"limits_and_instances_warn", trait,
     "{type: limits, properties: {calls: 5}}, {type: spreadscaler, properties: {instances: 2}}",
     k_w, "mean the same"},
    {"limits_of_a_capability_warn", component,
     "{name: a, type: capability, properties: {image: 'weft:http-server'}, traits: [{type: limits, "
     "properties: {calls: 5}}]}",
     k_w, "limits hold for components"},
};

const std::vector<Rule> k_links = {
    {"link_passes", link,
     "{namespace: wasi, package: keyvalue, interfaces: [store], target: {name: kv}}", "none", ""},
    {"link_namespace", link, "{package: y, interfaces: [z], target: b}", k_e,
     "a link must have `namespace`"},
    {"link_package", link, "{namespace: x, interfaces: [z], target: b}", k_e,
     "a link must have `package`"},
    {"link_interfaces", link, "{namespace: x, package: y, target: b}", k_e,
     "a link must have `interfaces`"},
    {"link_target", link, "{namespace: x, package: y, interfaces: [z]}", k_e,
     "a link must have `target`"},
    {"link_target_name", link, "{namespace: x, package: y, interfaces: [z], target: {}}", k_e,
     "must have `name`"},
    {"link_target_null", link, "{namespace: x, package: y, interfaces: [z], target: null}", k_e,
     "must be a map"},
    {"link_target_exists", link, "{namespace: x, package: y, interfaces: [z], target: {name: c}}",
     k_e, "leads to nothing"},
    {"link_target_not_empty", link, "{namespace: x, package: y, interfaces: [z], target: ''}", k_e,
     "leads to nothing"},
    {"link_namespace_text", link, "{namespace: 1, package: y, interfaces: [z], target: b}", k_e,
     "must be text; this is a number"},
    {"link_interfaces_list", link, "{namespace: x, package: y, interfaces: z, target: b}", k_e,
     "Write [z] for a list of one."},
    {"link_interfaces_text", link, "{namespace: x, package: y, interfaces: [1], target: b}", k_e,
     "an interface of a link must be text"},
    {"link_name_text", link, "{name: null, namespace: x, package: y, interfaces: [z], target: b}",
     k_e, "`name` of a link must be text"},
    {"link_empty_warns", link, "{namespace: x, package: y, interfaces: [], target: b}", k_w,
     "it grants nothing"},
    {"link_unknown_key_warns", link,
     "{namespace: x, package: y, interfaces: [z], target: b, soruce: {}}", k_w,
     "Did you mean `source`?"},
    {"link_source_unknown_key_warns", link,
     "{namespace: x, package: y, interfaces: [z], target: b, source: {cfg: []}}", k_w,
     "nothing reads it"},
    {"link_target_unknown_key_warns", link,
     "{namespace: x, package: y, interfaces: [z], target: {name: b, nmae: c}}", k_w,
     "Did you mean `name`?"},
    {"link_source_null", link,
     "{namespace: x, package: y, interfaces: [z], target: b, source: null}", k_e, "must be a map"},
    {"link_source_config_warns", link,
     "{namespace: x, package: y, interfaces: [z], target: b, source_config: []}", k_w,
     "`source_config` is an old spelling"},
    {"link_target_config_warns", link,
     "{namespace: x, package: y, interfaces: [z], target: b, target_config: []}", k_w,
     "`target_config` is an old spelling"},
    {"link_target_config_beside_a_map_warns", link,
     "{namespace: x, package: y, interfaces: [z], target: {name: b}, target_config: []}", k_w,
     "has no effect"},
    {"link_duplicate", link,
     "{namespace: x, package: y, interfaces: [z], target: b}}, {type: link, properties: "
     "{namespace: x, package: y, interfaces: [q, z], target: kv}",
     k_e, "two links named 'default' for x:y/z"},
    {"link_duplicate_in_one", link, "{namespace: x, package: y, interfaces: [z, z], target: b}",
     k_e, "two links named 'default'"},
    {"link_names_tell_apart", link,
     "{namespace: x, package: y, interfaces: [z], target: b}}, {type: link, properties: {name: n, "
     "namespace: x, package: y, interfaces: [z], target: kv}",
     "none", ""},
    {"link_config_duplicate", link,
     "{namespace: x, package: y, interfaces: [z], target: {name: b, config: [{name: c, properties: "
     "{}}]}, source: {config: [{name: c, properties: {}}]}}",
     k_e, "two links define a config 'c'"},
    {"link_config_named_twice", link,
     "{namespace: x, package: y, interfaces: [z], target: {name: b, config: [{name: c}]}, source: "
     "{config: [{name: c}]}}",
     "none", ""},
    {"link_secrets_are_checked", link,
     "{namespace: x, package: y, interfaces: [z], target: {name: b, secrets: [{name: s, "
     "properties: {policy: z, key: k}}]}}",
     k_e, "which does not exist"},
    {"link_known_interface_warns", link,
     "{namespace: wasi, package: keyvalue, interfaces: [stoer], target: kv}", k_w,
     "Did you mean `store`?"},
    {"link_known_package_warns", link,
     "{namespace: wasi, package: keyvalu, interfaces: [store], target: kv}", k_w,
     "Did you mean `keyvalue`?"},
};

TEST(Rules, say_once_what_is_wrong_with_a_package_of_two_interfaces) {
  const auto read = read_manifest(
      manifest_of(Part::trait,
                  "{type: link, properties: {namespace: wasi, package: keyvalu, interfaces: "
                  "[store, atomics], target: kv}}"),
      "app.yaml", tests::known_providers());

  EXPECT_EQ(std::ranges::count_if(read.findings.all(),
                                  [](const Finding& finding) {
                                    return finding.message.contains("wasi:keyvalu is not");
                                  }),
            1)
      << text(read.findings);
}

TEST(Rules, do_not_miss_the_scaler_whose_number_is_wrong) {
  const auto read =
      read_manifest(manifest_of(Part::trait, "{type: spreadscaler, properties: {instances: ten}}"),
                    "app.yaml", tests::known_providers());

  const auto told = text(read.findings);
  EXPECT_NE(told.find("`instances` must be a whole number"), std::string::npos) << told;
  EXPECT_EQ(told.find("'a' has no scaler"), std::string::npos) << told;
}

TEST(Rules, name_text_in_utf_16) {
  const auto read = read_manifest(std::string_view("\xff\xfe"
                                                   "a\0:\0",
                                                   6),
                                  "app.yaml", tests::known_providers());

  EXPECT_NE(text(read.findings).find("UTF-16"), std::string::npos) << text(read.findings);
}

std::string name_of(const testing::TestParamInfo<Rule>& info) {
  return std::string(info.param.name);
}
INSTANTIATE_TEST_SUITE_P(Root, Rules, testing::ValuesIn(k_root), name_of);
INSTANTIATE_TEST_SUITE_P(Components, Rules, testing::ValuesIn(k_components), name_of);
INSTANTIATE_TEST_SUITE_P(Traits, Rules, testing::ValuesIn(k_traits), name_of);
INSTANTIATE_TEST_SUITE_P(Links, Rules, testing::ValuesIn(k_links), name_of);

}  // namespace
}  // namespace weft::manifest
