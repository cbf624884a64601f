#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "cli/commands.h"
#include "engine/component_type.h"
#include "engine/engine.h"
#include "engine/wasm_file.h"
#include "host/manifest/providers.h"

namespace weft::cli {
namespace {

using contracts::InterfaceType;

// Who can serve an import, in the order in which one would try: the host itself, built-in
// providers, others.
struct Satisfaction {
  std::string by;     // "the host", "weft:keyvalue-sqlite", "a link to a component that exports it"
  std::string lines;  // of the manifest; empty when none are needed
};

std::string link_lines(const contracts::InterfaceName& name, std::string_view target) {
  return fmt::format(
      "- type: link\n  properties:\n    target: {{ name: {} }}\n    namespace: {}\n    package: "
      "{}\n"
      "    interfaces: [{}]\n",
      target, name.ns, name.package, name.interface);
}

std::vector<Satisfaction> satisfied_by(const contracts::InterfaceName& name) {
  if (engine::is_builtin(name)) return {{"the host", ""}};
  std::vector<Satisfaction> found;
  for (const auto& provider : manifest::providers()) {
    for (const auto serves : provider.serves) {
      const auto offered = contracts::InterfaceName::parse(serves);
      if (offered && offered->unversioned() == name.unversioned() &&
          contracts::match_versions(name.version, offered->version) == contracts::Match::yes) {
        found.push_back({std::string(provider.name), link_lines(name, "NAME-OF-THE-CAPABILITY")});
      }
    }
  }
  if (name.ns != "wasi")
    found.push_back({"a component that exports it", link_lines(name, "NAME-OF-THAT-COMPONENT")});
  return found;
}

nlohmann::json interface_json(const InterfaceType& type) {
  auto functions = nlohmann::json::array();
  for (const auto& function : type.functions) {
    functions.push_back({{"name", function.name}, {"signature", function.signature}});
  }
  return {{"interface", type.name.text()}, {"functions", functions}, {"resources", type.resources}};
}

std::string json_text(const engine::Artifact& artifact) {
  auto imports = nlohmann::json::array();
  for (const auto& import : artifact.type().imports) {
    auto one = interface_json(import);
    one["satisfied_by"] = nlohmann::json::array();
    for (const auto& way : satisfied_by(import.name)) {
      one["satisfied_by"].push_back({{"by", way.by}, {"manifest", way.lines}});
    }
    imports.push_back(std::move(one));
  }
  auto exports = nlohmann::json::array();
  for (const auto& type : artifact.type().exports) exports.push_back(interface_json(type));
  return nlohmann::json({{"file", artifact.name()},
                         {"bytes", artifact.wasm().size()},
                         {"sha256", artifact.digest()},
                         {"imports", imports},
                         {"exports", exports}})
             .dump(2, ' ', false, nlohmann::json::error_handler_t::replace) +
         "\n";
}

void append_functions(std::string& out, const InterfaceType& type) {
  for (const auto& function : type.functions)
    out += fmt::format("      {}: {}\n", function.name, function.signature);
}

std::string indent(std::string_view lines, std::string_view by) {
  std::string out;
  while (!lines.empty()) {
    const auto end = lines.find('\n');
    out.append(by).append(lines.substr(0, end)).append("\n");
    lines.remove_prefix(end == lines.npos ? lines.size() : end + 1);
  }
  return out;
}

std::string people_text(const engine::Artifact& artifact) {
  std::string out = fmt::format("{}\n  {} bytes, sha256 {}\n\n  exports\n", artifact.name(),
                                artifact.wasm().size(), artifact.digest());
  for (const auto& type : artifact.type().exports) {
    out += fmt::format("    {}\n", type.name.text());
    if (type.name.ns != "wasi") append_functions(out, type);
  }
  out += "\n  imports\n";
  std::string wanted;
  for (const auto& type : artifact.type().imports) {
    const auto ways = satisfied_by(type.name);
    std::string by;
    for (const auto& way : ways) by += (by.empty() ? "" : ", or ") + way.by;
    out +=
        fmt::format("    {:<44} {}\n", type.name.text(), by.empty() ? "nothing that weft has" : by);
    if (type.name.ns != "wasi") append_functions(out, type);
    if (!ways.empty() && !ways.front().lines.empty()) wanted += indent(ways.front().lines, "    ");
  }
  if (!wanted.empty()) out += "\n  traits that link it\n" + wanted;
  return out;
}

Result<std::string> inspect(const Global& global, const Inspect& options, Surroundings& around) {
  TRY(auto wasm, engine::read_wasm(options.file));
  const auto name = options.file.string();
  TRY_OK(engine::check_component(wasm, name));
  if (options.wit == InspectWit::yes) return engine::wit_text(wasm);
  Log log({.level = LogLevel::warn, .colour = around.colour}, around.clock, around.err);
  engine::EngineSettings settings;
  settings.adapters = around.adapters;
  TRY(settings.cache, cache_dir(global));
  settings.guests = 1;
  TRY(const auto engine, engine::Engine::open(std::move(settings), log));
  TRY(const auto artifact, engine->load(std::move(wasm), name));
  return global.output == Output::json ? json_text(*artifact) : people_text(*artifact);
}

}  // namespace

Exit run_inspect(const Global& global, const Inspect& options, Surroundings& around) {
  const auto text = inspect(global, options, around);
  if (!text) return say_error(text.error(), around);
  around.out(*text);
  return Exit::ok;
}

}  // namespace weft::cli
