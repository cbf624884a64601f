#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "cli/commands.h"
#include "cli/needs.h"
#include "contracts/flat_contract.h"
#include "engine/component_type.h"
#include "engine/engine.h"
#include "engine/wasm_file.h"
#include "host/plan/plan.h"

namespace weft::cli {
namespace {

using contracts::InterfaceType;

// Who can serve an import, in the order in which one would try: the host itself, built-in
// providers, others.
struct Satisfaction {
  std::string by;     // "the host", "weft:keyvalue-sqlite", "a link to a component that exports it"
  std::string lines;  // of the manifest; empty when none are needed
};

constexpr std::string_view k_that_capability = "NAME-OF-THE-CAPABILITY";
constexpr std::string_view k_that_component = "NAME-OF-THAT-COMPONENT";

// The flat contract to which an import is adapted; empty when it is none or leaves as it is.
std::string exported_for(const contracts::InterfaceName& name) {
  for (const auto& flat : contracts::flat_contracts()) {
    const bool served = std::ranges::find(flat.served, name.text()) != flat.served.end();
    if (served && name.text() != flat.interface) return std::string(flat.interface);
  }
  return {};
}

// " serves links of wasi:keyvalue, weft:keyvalue" of what is exported for others to import.
std::string serves_text(const contracts::InterfaceName& exported) {
  const auto* flat = contracts::find_flat_contract(exported);
  if (flat == nullptr) return {};
  std::vector<std::string> packages;
  for (const auto served : flat->served) {
    std::string package(served.substr(0, served.find('/')));
    if (std::ranges::find(packages, package) == packages.end())
      packages.push_back(std::move(package));
  }
  return fmt::format("serves links for {}", fmt::join(packages, " and "));
}

std::vector<Satisfaction> satisfied_by(const InterfaceType& import,
                                       const manifest::Providers& providers) {
  const auto& name = import.name;
  if (served_by_host(name)) return {{"the host", ""}};
  if (name.ns.empty()) return {};  // no link can name it
  if (!is_called(import)) return {{"types only, needs no link", ""}};
  std::vector<Satisfaction> found;
  for (const auto& provider : serving_providers(name, providers)) {
    found.push_back({provider, link_trait({name.ns, name.package, {name.interface}, provider},
                                          k_that_capability, 0)});
  }
  const auto link = link_trait({name.ns, name.package, {name.interface}, {}}, k_that_component, 0);
  if (const auto exported = exported_for(name); !exported.empty()) {
    found.push_back({"a component that exports " + exported, link});
  } else if (name.ns != "wasi") {
    found.push_back({"a component that exports it", link});
  }
  return found;
}

nlohmann::json interface_json(const InterfaceType& type) {
  auto functions = nlohmann::json::array();
  for (const auto& function : type.functions) {
    functions.push_back({{"name", function.name}, {"signature", function.signature}});
  }
  return {{"interface", plan::text(type.name)},
          {"functions", functions},
          {"resources", type.resources}};
}

std::string json_text(const engine::Artifact& artifact, const manifest::Providers& providers) {
  auto imports = nlohmann::json::array();
  for (const auto& import : artifact.type().imports) {
    auto one = interface_json(import);
    one["satisfied_by"] = nlohmann::json::array();
    for (const auto& way : satisfied_by(import, providers)) {
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

std::string wit_json(const std::string& file, const std::string& wit) {
  return nlohmann::json({{"file", file}, {"wit", wit}})
             .dump(2, ' ', false, nlohmann::json::error_handler_t::replace) +
         "\n";
}

void append_functions(std::string& out, const InterfaceType& type) {
  for (const auto& function : type.functions)
    out += fmt::format("      {}: {}\n", function.name, function.signature);
}

std::string people_text(const engine::Artifact& artifact, const manifest::Providers& providers) {
  std::string out = fmt::format("{}\n  {} bytes, sha256 {}\n\n  exports\n", artifact.name(),
                                artifact.wasm().size(), artifact.digest());
  for (const auto& type : artifact.type().exports) {
    const auto serves = serves_text(type.name);
    out += serves.empty() ? fmt::format("    {}\n", plan::text(type.name))
                          : fmt::format("    {:<44} {}\n", plan::text(type.name), serves);
    if (type.name.ns != "wasi") append_functions(out, type);
  }
  out += "\n  imports\n";
  for (const auto& type : artifact.type().imports) {
    const auto ways = satisfied_by(type, providers);
    std::string by;
    for (const auto& way : ways) by += (by.empty() ? "" : ", or ") + way.by;
    out += fmt::format("    {:<44} {}\n", plan::text(type.name),
                       by.empty() ? "nothing that weft has" : by);
    if (type.name.ns != "wasi") append_functions(out, type);
  }
  std::string wanted;
  for (const auto& need : needs(artifact.type(), providers)) {
    if (!need.provider.empty()) wanted += link_trait(need, k_that_capability, 4);
    if (!need.provider.empty() || need.ns == "wasi") continue;
    if (need.interfaces.size() > 1)
      wanted += "    # one such trait for each component, where several export these\n";
    wanted += link_trait(need, k_that_component, 4);
  }
  if (!wanted.empty()) out += "\n  traits that link it\n" + wanted;
  return out;
}

Result<std::string> inspect(const Global& global, const Inspect& options, Surroundings& around) {
  TRY(auto wasm, engine::read_wasm(options.file));
  const auto name = options.file.string();
  TRY_OK(engine::check_component(wasm, name));
  if (options.wit == InspectWit::yes) {
    TRY(auto wit, engine::wit_text(wasm));
    return global.output == Output::json ? wit_json(name, wit) : wit;
  }
  Log log({.level = LogLevel::warn, .format = global.log_format, .colour = around.colour},
          around.clock, around.err);
  engine::EngineSettings settings;
  settings.adapters = around.adapters;
  TRY(settings.cache, cache_dir(global));
  settings.guests = 1;
  TRY(const auto engine, engine::Engine::open(std::move(settings), log));
  TRY(const auto artifact, engine->load(std::move(wasm), name));
  return global.output == Output::json ? json_text(*artifact, around.providers)
                                       : people_text(*artifact, around.providers);
}

}  // namespace

Exit run_inspect(const Global& global, const Inspect& options, Surroundings& around) {
  const auto text = inspect(global, options, around);
  if (!text) return say_error(text.error(), global, around);
  around.out(*text);
  return Exit::ok;
}

}  // namespace weft::cli
