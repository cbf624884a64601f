#include "host/manifest/read_manifest.h"

#include <fmt/format.h>

#include <array>

#include "host/manifest/names.h"
#include "host/manifest/parts.h"

namespace weft::manifest {
namespace {

using contracts::Manifest;

constexpr std::string_view k_api_version = "core.oam.dev/v1beta1";
constexpr std::string_view k_kind = "Application";

// Both must stand there, with any value; another one than the usual is likely a file of something
// else.
void read_header(Reading& reading, const Node& root) {
  const auto check = [&](std::string_view key, std::string_view usual) {
    const auto* node = require(reading, root, "a manifest", key);
    if (node == nullptr) return;
    const auto text = read_text(reading, *node, fmt::format("`{}`", key), Plain::scalars);
    if (!text || *text == usual) return;
    reading.findings.warning(node->at, fmt::format("`{}` is '{}', not '{}'", key, *text, usual));
  };
  check("apiVersion", k_api_version);
  check("kind", k_kind);
}

void check_keys(Reading& reading, const std::vector<contracts::Setting>& settings,
                std::string_view what) {
  for (const auto& setting : settings) {
    if (is_label_key(setting.key)) continue;
    reading.findings.error(setting.at,
                           fmt::format("'{}' cannot be the key of {}", setting.key, what),
                           "A key has 1 to 63 letters, digits, '-', '_' and '.', with a letter or "
                           "digit at both ends; a "
                           "domain name and '/' may stand before it.");
  }
}

void read_metadata(Reading& reading, const Node& node, Manifest& manifest) {
  static constexpr std::array<std::string_view, 3> keys = {"name", "annotations", "labels"};
  if (!is_map(reading, node, "the metadata", Unknown::warning, keys)) return;
  if (const auto* name = require(reading, node, "the metadata", "name")) {
    const auto text = read_text(reading, *name, "`name` of the metadata", Plain::scalars);
    if (text && !is_manifest_name(*text)) {
      reading.findings.error(name->at,
                             fmt::format("'{}' cannot be the name of an application", *text),
                             "A name has letters, digits, '-' and '_' only.");
    }
    manifest.name = ApplicationName(text.value_or(""));
  }
  reading.application = manifest.name.str();
  const auto* annotations = require(reading, node, "the metadata", "annotations");
  if (annotations != nullptr && annotations->kind != NodeKind::null) {
    manifest.annotations = read_settings(reading, *annotations, "the annotations", Plain::scalars);
    check_keys(reading, manifest.annotations, "an annotation");
  }
  if (const auto* labels = optional_value(node, "labels")) {
    manifest.labels = read_settings(reading, *labels, "the labels", Plain::scalars);
    check_keys(reading, manifest.labels, "a label");
  }
  for (const auto& annotation : manifest.annotations) {
    if (annotation.key == "description") manifest.description = annotation.value;
    if (annotation.key != "version") continue;
    manifest.version = annotation.value;
    if (annotation.value != "latest") continue;
    reading.findings.error(annotation.at,
                           "the version cannot be `latest`: that word means the newest of them",
                           "Give this one a version of its own, such as v0.1.0, or none.");
  }
}

void read_spec(Reading& reading, const Node& node, Manifest& manifest) {
  static constexpr std::array<std::string_view, 2> keys = {"components", "policies"};
  if (!is_map(reading, node, "the spec", Unknown::warning, keys)) return;
  if (const auto* policies = optional_value(node, "policies"))
    manifest.policies = read_policies(reading, *policies);
  const auto* components = require(reading, node, "the spec", "components");
  if (components == nullptr || !is_list(reading, *components, "`components` of the spec")) return;
  for (const auto& item : components->items)
    manifest.components.push_back(read_component(reading, item));
  if (components->items.empty())
    reading.findings.warning(components->at, "this application has no components");
}

}  // namespace

ReadManifest read_manifest(std::string_view text, const std::string& file,
                           const Providers& providers) {
  static constexpr std::array<std::string_view, 4> keys = {"apiVersion", "kind", "metadata",
                                                           "spec"};
  ReadManifest result;
  Reading reading{file, providers, result.findings, {}};
  const auto root = parse_yaml(text, file, result.findings);
  if (!root || !is_map(reading, *root, "a manifest", Unknown::error, keys)) return result;
  Manifest manifest;
  manifest.at = root->at;
  read_header(reading, *root);
  if (const auto* metadata = require(reading, *root, "a manifest", "metadata")) {
    read_metadata(reading, *metadata, manifest);
  }
  if (const auto* spec = require(reading, *root, "a manifest", "spec"))
    read_spec(reading, *spec, manifest);
  validate(manifest, result.findings);
  result.findings.sort();
  if (result.findings.ok()) result.manifest = std::move(manifest);
  return result;
}

}  // namespace weft::manifest
