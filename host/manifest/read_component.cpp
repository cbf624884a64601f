#include <algorithm>
#include <array>

#include "base/suggest.h"

#include <fmt/format.h>

#include "host/manifest/image_ref.h"
#include "host/manifest/names.h"
#include "host/manifest/parts.h"

namespace weft::manifest {
namespace {

using contracts::Component;
using contracts::ComponentKind;
using contracts::ImageKind;

void read_kind(Reading& reading, const Node& node, Component& component) {
  static constexpr std::array<std::string_view, 3> kinds = {"component", "capability", "actor"};
  const auto* type = require(reading, node, "a component", "type");
  if (type == nullptr) return;
  const auto text = read_text(reading, *type, "`type` of a component");
  if (!text || *text == "component" || *text == "actor") return;
  component.kind = ComponentKind::capability;
  if (*text == "capability") return;
  const auto near = nearest_word(*text, kinds);
  component.kind = near == "component" ? ComponentKind::component : ComponentKind::capability;
  reading.findings.error(
      type->at, fmt::format("'{}' is not a type of component", *text),
      near ? fmt::format("Did you mean `{}`?", *near)
           : "Types are `component` (WebAssembly) and `capability` (a provider).");
}

// A name of ours must exist, and stand where its kind says.
void check_image(Reading& reading, const Component& component, const contracts::ImageRef& image) {
  if (image.kind == ImageKind::builtin && reading.providers.find(image.resolved) == nullptr) {
    std::vector<std::string_view> known;
    for (const auto* one : reading.providers.all()) known.push_back(one->info.name);
    reading.findings.error(image.at, fmt::format("'{}' is not a built-in provider", image.text),
                           did_you_mean(image.text, known));
  } else if (image.kind == ImageKind::builtin && component.kind == ComponentKind::component) {
    reading.findings.error(image.at,
                           fmt::format("'{}' is a provider, but '{}' has the type `component`",
                                       image.text, component.name),
                           "Write `type: capability`.");
  } else if (image.kind == ImageKind::file && component.kind == ComponentKind::capability) {
    reading.findings.error(
        image.at,
        fmt::format("the capability '{}' comes from a file, and providers from files come later",
                    component.name),
        "For a WebAssembly component write `type: component`; else name a built-in provider, such "
        "as\n"
        "  image: weft:keyvalue-sqlite");
  } else if (image.text.empty()) {
    reading.findings.error(image.at, fmt::format("the image of '{}' is empty", component.name));
  }
}

void read_shared(Reading& reading, const Node& node, Component& component) {
  static constexpr std::array<std::string_view, 2> keys = {"name", "component"};
  constexpr std::string_view what = "an application reference";
  if (!is_map(reading, node, what, Unknown::warning, keys)) return;
  component.shared = contracts::SharedRef{require_text(reading, node, what, "name"),
                                          require_text(reading, node, what, "component"), node.at};
}

void read_properties(Reading& reading, const Node& node, Component& component) {
  static constexpr std::array<std::string_view, 5> keys = {"image", "application", "id", "config",
                                                           "secrets"};
  const auto what = component.kind == ComponentKind::capability ? "the properties of a capability"
                                                                : "the properties of a component";
  if (!is_map(reading, node, what, Unknown::error, keys)) return;
  const auto* image = optional_value(node, "image");
  const auto* application = optional_value(node, "application");
  if (image != nullptr && application != nullptr) {
    reading.findings.error(
        application->at, fmt::format("'{}' has both `image` and `application`", component.name),
        "`image` starts a component, `application` uses one that another application shares: keep "
        "one of the two.");
  }
  if (image == nullptr && application == nullptr) {
    reading.findings.error(
        node.at, fmt::format("`image` of '{}' is missing", component.name),
        component.kind == ComponentKind::capability
            ? "Name a built-in provider, such as\n  image: weft:keyvalue-sqlite"
            : "Name a file, relative to this manifest:\n  image: ./component.wasm");
  }
  if (image != nullptr) {
    if (const auto text = read_text(reading, *image, "`image`")) {
      component.image = read_image(*text, reading.file, reading.providers, image->at);
      check_image(reading, component, *component.image);
    }
  }
  if (application != nullptr) read_shared(reading, *application, component);
  if (const auto* id = optional_value(node, "id")) {
    if (auto text = read_text(reading, *id, "`id`")) {
      if (!is_id(*text)) {
        reading.findings.error(
            id->at,
            fmt::format("'{}' cannot be an id: it names a folder here and a subject in a lattice",
                        *text),
            "Use letters, digits, '-' and '_', 100 characters at most.");
      }
      component.id = ComponentId(std::move(*text));
      component.id_origin = contracts::IdOrigin::written;
    }
  }
  if (const auto* config = node.find("config"))
    component.config = read_configs(reading, *config, what);
  if (const auto* secrets = node.find("secrets"))
    component.secrets = read_secrets(reading, *secrets, what);
}

}  // namespace

Component read_component(Reading& reading, const Node& node) {
  static constexpr std::array<std::string_view, 4> keys = {"name", "type", "properties", "traits"};
  Component component;
  component.at = node.at;
  if (!is_map(reading, node, "a component", Unknown::warning, keys)) return component;
  for (const auto& entry : node.entries) {
    if (std::ranges::find(keys, entry.key) != keys.end()) continue;
    if (const auto near = nearest_word(entry.key, keys))
      component.misspelt.push_back({entry.key, std::string(*near), entry.key_at});
  }
  component.name = require_text(reading, node, "a component", "name");
  component.id = component_id(reading.application, component.name);
  read_kind(reading, node, component);
  if (const auto* properties = require(reading, node, "a component", "properties")) {
    read_properties(reading, *properties, component);
  }
  if (const auto* traits = optional_value(node, "traits")) read_traits(reading, *traits, component);
  const bool starts = component.kind == ComponentKind::component && component.image;
  const bool misspelt_scaler =
      std::ranges::any_of(component.misspelt, [](const auto& one) { return one.meant != "link"; });
  if (starts && !component.scaler && !misspelt_scaler) {
    reading.findings.info(
        node.at,
        fmt::format("'{}' has no scaler: it takes {} calls at once (wadm would not start it)",
                    component.name, component.limits.calls));
  }
  return component;
}

}  // namespace weft::manifest
