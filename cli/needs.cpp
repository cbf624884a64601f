#include "cli/needs.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <set>
#include <utility>

#include "contracts/host_service.h"
#include "engine/component_type.h"

namespace weft::cli {
namespace {

// As YAML takes any text: in double quotes.
std::string quoted(const std::string& text) {
  return nlohmann::json(text).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

// As people write it where YAML takes it for text, else in double quotes.
std::string scalar(const std::string& text) {
  // What YAML 1.1 or a reader of it takes for something else.
  constexpr std::array<std::string_view, 9> k_words = {"y",   "n",    "yes",   "no",  "on",
                                                       "off", "true", "false", "null"};
  const auto is_letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); };
  const auto is_plain = [&](char c) {
    return is_letter(c) || (c >= '0' && c <= '9') || c == '_' || c == '-';
  };
  std::string lower = text;
  for (char& c : lower) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  const bool plain = !text.empty() && (is_letter(text.front()) || text.front() == '_') &&
                     std::ranges::all_of(text, is_plain) &&
                     std::ranges::find(k_words, lower) == k_words.end();
  return plain ? text : quoted(text);
}

std::string joined(const std::vector<std::string>& names) {
  std::string text;
  for (const auto& name : names) text += (text.empty() ? "" : ", ") + scalar(name);
  return text;
}

// "{KEY: VALUE, …}" of "KEY=VALUE"s that the command line has checked; the last one of a key holds.
std::string map_of(const std::vector<std::string>& pairs) {
  std::vector<std::pair<std::string, std::string>> last;
  for (const auto& pair : pairs) {
    const auto at = pair.find('=');
    const auto key = pair.substr(0, at);
    std::erase_if(last, [&key](const auto& one) { return one.first == key; });
    last.emplace_back(key, pair.substr(at + 1));
  }
  std::string text;
  for (const auto& [key, value] : last)
    text += fmt::format("{}{}: {}", text.empty() ? "" : ", ", scalar(key), quoted(value));
  return "{" + text + "}";
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
                       scalar(name), quoted(need.provider));
  }
  return fmt::format(
      "    - name: {}\n      type: component\n"
      "      properties: {{image: {}}}  # the component that exports {}:{}/{}\n"
      "      traits:\n        - type: spreadscaler\n          properties: {{instances: 100}}\n",
      scalar(name), quoted("./" + name + ".wasm"), need.ns, need.package, need.interfaces.front());
}

std::string config_lines(const Run& options) {
  if (options.environment.empty()) return {};
  return fmt::format("        config:\n          - name: environment\n            properties: {}\n",
                     map_of(options.environment));
}

// `instances` is the usual word for the limit `calls`; only that it has none takes the limit's own.
std::string bound_lines(const Run& options) {
  constexpr std::string_view k_calls = "calls=";
  auto limits = options.limits;
  std::string instances = "100", lines;
  const auto is_calls = [&](const std::string& limit) { return limit.starts_with(k_calls); };
  for (const auto& limit : limits)
    if (is_calls(limit)) instances = limit.substr(k_calls.size());
  if (instances.find_first_not_of('0') != instances.npos) {
    lines = fmt::format("        - type: spreadscaler\n          properties: {{instances: {}}}\n",
                        instances);
    std::erase_if(limits, is_calls);
  }
  if (limits.empty()) return lines;
  return lines + fmt::format("        - type: limits\n          properties: {}\n", map_of(limits));
}

}  // namespace

bool is_called(const contracts::InterfaceType& import) {
  return !import.functions.empty() || !import.resources.empty();
}

bool served_by_host(const contracts::InterfaceName& name) {
  return engine::is_builtin(name) || contracts::find_host_service(name) != nullptr;
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
    // What is outside any interface cannot be linked: no trait can name it.
    if (!is_called(import) || served_by_host(name) || name.ns.empty()) continue;
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
      "", indent, scalar(need.ns), scalar(need.package), joined(need.interfaces),
      scalar(std::string(target)));
}

std::optional<std::string> manifest_for(const Run& options, const std::vector<Need>& needs) {
  std::set<std::string> taken;
  const auto name = take_name(taken, component_name(options.file));
  std::string links, targets;
  for (const auto& need : needs) {
    if (need.provider.empty() && need.ns == "wasi") return std::nullopt;
    const auto target = take_name(taken, need.package);
    links += link_trait(need, target, 8);
    targets += target_lines(need, target);
  }
  const Need http{"wasi", "http", {"incoming-handler"}, {}};
  return fmt::format(
      R"(apiVersion: core.oam.dev/v1beta1
kind: Application
metadata:
  name: {name}
  annotations: {{}}
spec:
  components:
    - name: {name}
      type: component
      properties:
        image: {image}
{config}      traits:
{bounds}{links}{targets}    - name: {http}
      type: capability
      properties: {{image: "weft:http-server"}}
      traits:
{route}            source:
              config:
                - name: listen
                  properties: {{address: {address}}}
)",
      fmt::arg("name", scalar(name)), fmt::arg("image", quoted(image_of(options.file))),
      fmt::arg("config", config_lines(options)), fmt::arg("bounds", bound_lines(options)),
      fmt::arg("links", links), fmt::arg("targets", targets),
      fmt::arg("http", scalar(take_name(taken, "http"))),
      fmt::arg("route", link_trait(http, name, 8)), fmt::arg("address", quoted(options.address)));
}

}  // namespace weft::cli
