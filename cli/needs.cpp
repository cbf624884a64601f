#include "cli/needs.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>

#include "engine/component_type.h"

namespace weft::cli {
namespace {

// As YAML takes any text: in double quotes.
std::string quoted(const std::string& text) {
  return nlohmann::json(text).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

// Relative to the folder in which weft was called, and seen to be a path.
std::string image_of(const std::filesystem::path& file) {
  const auto path = file.lexically_normal().string();
  return file.is_absolute() || path.starts_with("../") ? path : "./" + path;
}

std::string component_name(const std::filesystem::path& file) {
  auto name = file.stem().string();
  std::ranges::replace_if(
      name,
      [](char c) {
        const bool digit = c >= '0' && c <= '9';
        const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
        return !digit && !letter && c != '-' && c != '_';
      },
      '-');
  return name.empty() ? "component" : name;
}

std::string take_name(std::set<std::string>& taken, const std::string& wanted) {
  auto name = wanted;
  for (int i = 2; !taken.insert(name).second; ++i) name = fmt::format("{}-{}", wanted, i);
  return name;
}

std::string target_lines(const Need& need, const std::string& name) {
  if (!need.provider.empty()) {
    return fmt::format("    - name: {}\n      type: capability\n      properties: {{image: {}}}\n",
                       name, quoted(need.provider));
  }
  return fmt::format(
      "    - name: {0}\n      type: component\n"
      "      properties: {{image: \"./{0}.wasm\"}}  # the component that exports {1}:{2}/{3}\n"
      "      traits:\n        - type: spreadscaler\n          properties: {{instances: 100}}\n",
      name, need.ns, need.package, need.interfaces.front());
}

}  // namespace

bool is_called(const contracts::InterfaceType& import) {
  return !import.functions.empty() || !import.resources.empty();
}

std::vector<std::string> serving_providers(const contracts::InterfaceName& name,
                                           const manifest::Providers& providers) {
  std::vector<std::string> found;
  for (const auto* kind : providers.all()) {
    for (const auto serves : kind->info.serves) {
      const auto offered = contracts::InterfaceName::parse(serves);
      if (offered && offered->unversioned() == name.unversioned() &&
          contracts::match_versions(name.version, offered->version) == contracts::Match::yes) {
        found.emplace_back(kind->info.name);
      }
    }
  }
  return found;
}

std::vector<Need> needs(const contracts::ComponentType& type, const manifest::Providers& known) {
  std::vector<Need> all;
  for (const auto& import : type.imports) {
    const auto& name = import.name;
    if (!is_called(import) || engine::is_builtin(name)) continue;
    const auto providers = serving_providers(name, known);
    const auto provider = providers.empty() ? std::string() : providers.front();
    const auto found = std::ranges::find_if(all, [&](const Need& one) {
      return one.ns == name.ns && one.package == name.package && one.provider == provider;
    });
    if (found == all.end()) {
      all.push_back({name.ns, name.package, {name.interface}, provider});
    } else if (std::ranges::find(found->interfaces, name.interface) == found->interfaces.end()) {
      found->interfaces.push_back(name.interface);
    }
  }
  return all;
}

std::string link_trait(const Need& need, std::string_view target, std::size_t indent) {
  return fmt::format(
      "{0:{1}}- type: link\n{0:{1}}  properties:\n{0:{1}}    namespace: {2}\n"
      "{0:{1}}    package: {3}\n{0:{1}}    interfaces: [{4}]\n"
      "{0:{1}}    target: {{name: {5}}}\n",
      "", indent, need.ns, need.package, fmt::join(need.interfaces, ", "), target);
}

std::optional<std::string> manifest_for(const std::filesystem::path& file,
                                        const std::vector<Need>& needs, std::string_view address) {
  std::set<std::string> taken;
  const auto name = take_name(taken, component_name(file));
  std::string links, targets;
  for (const auto& need : needs) {
    if (need.provider.empty() && (need.ns == "wasi" || need.ns.empty())) return std::nullopt;
    const auto target = take_name(taken, need.package);
    links += link_trait(need, target, 8);
    targets += target_lines(need, target);
  }
  const Need http{"wasi", "http", {"incoming-handler"}, {}};
  return fmt::format(
      "apiVersion: core.oam.dev/v1beta1\nkind: Application\nmetadata:\n  name: {0}\n"
      "  annotations: {{}}\nspec:\n  components:\n    - name: {0}\n      type: component\n"
      "      properties: {{image: {1}}}\n      traits:\n        - type: spreadscaler\n"
      "          properties: {{instances: 100}}\n{2}{3}    - name: {4}\n"
      "      type: capability\n      properties: {{image: \"weft:http-server\"}}\n"
      "      traits:\n{5}            source:\n              config:\n"
      "                - name: listen\n                  properties: {{address: {6}}}\n",
      name, quoted(image_of(file)), links, targets, take_name(taken, "http"),
      link_trait(http, name, 8), quoted(std::string(address)));
}

}  // namespace weft::cli
