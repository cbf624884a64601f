#include "engine/component_type.h"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <string>

namespace weft::engine {
namespace {

using contracts::InterfaceName;
using contracts::InterfaceType;
using nlohmann::json;

std::string text_of(const json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

const json& list_of(const json& object, const char* key) {
  static const json empty = json::array();
  const auto found = object.find(key);
  return found != object.end() && found->is_array() ? *found : empty;
}

InterfaceType interface_of(const json& item) {
  InterfaceType type;
  const std::string name = text_of(item, "interface");
  if (auto parsed = InterfaceName::parse(name)) {
    type.name = *std::move(parsed);
  } else {
    type.name.interface = name;
  }
  for (const auto& function : list_of(item, "functions")) {
    type.functions.push_back({text_of(function, "name"), text_of(function, "signature")});
  }
  for (const auto& resource : list_of(item, "resources")) {
    if (resource.is_string()) type.resources.push_back(resource.get<std::string>());
  }
  return type;
}

}  // namespace

Result<contracts::ComponentType> parse_component_type(std::string_view text) {
  const json parsed = json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (!parsed.is_object() || !parsed.contains("imports") || !parsed.contains("exports")) {
    return fail(Errc::internal, "the engine's description of the component cannot be read");
  }
  contracts::ComponentType type;
  for (const auto& item : list_of(parsed, "imports")) type.imports.push_back(interface_of(item));
  for (const auto& item : list_of(parsed, "exports")) type.exports.push_back(interface_of(item));
  return type;
}

bool is_builtin(const InterfaceName& name) {
  static constexpr std::array packages = {"cli", "clocks", "random", "io", "filesystem", "sockets"};
  if (name.ns != "wasi") return false;
  if (name.package == "http") return name.interface == "types";
  return std::ranges::find(packages, name.package) != packages.end();
}

bool sends_http(const InterfaceName& name) {
  return name.unversioned() == "wasi:http/outgoing-handler" && name.version.starts_with("0.2.");
}

const InterfaceType* find_export(const contracts::ComponentType& type,
                                 const InterfaceName& wanted) {
  const auto found = std::ranges::find_if(type.exports, [&](const InterfaceType& offered) {
    return offered.name.ns == wanted.ns && offered.name.package == wanted.package &&
           offered.name.interface == wanted.interface &&
           contracts::match_versions(wanted.version, offered.name.version) == contracts::Match::yes;
  });
  return found == type.exports.end() ? nullptr : &*found;
}

}  // namespace weft::engine
