#include <fmt/format.h>

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>
#include <string_view>

#include "cli/commands.h"
#include "cli/values.h"
#include "host/config_store.h"

namespace weft::cli {
namespace {

using host::NamedConfig;

Result<> add_json(const std::string& file, const std::string& text, NamedConfig& config) {
  const auto all = nlohmann::json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (!all.is_object()) return fail(Errc::invalid, fmt::format("{} is no JSON object", file));
  for (const auto& [key, value] : all.items()) {
    if (!value.is_string()) {
      return fail(Errc::invalid,
                  fmt::format("{}: the value of '{}' is no text; write it in quotes", file, key));
    }
    config[key] = value.get<std::string>();
  }
  return {};
}

// Empty lines and those that begin with # say nothing.
Result<> add_lines(const std::string& file, const std::string& text, NamedConfig& config) {
  std::istringstream lines(text);
  std::size_t number = 0;
  for (std::string line; std::getline(lines, line);) {
    ++number;
    if (line.ends_with('\r')) line.pop_back();
    if (line.empty() || line.starts_with('#')) continue;
    TRY(auto pair, read_variable(line).context(fmt::format("{}:{}", file, number)));
    config[std::move(pair.first)] = std::move(pair.second);
  }
  return {};
}

Result<> add_file(const std::string& file, NamedConfig& config) {
  std::ifstream in(file, std::ios::binary);
  const std::string text{std::istreambuf_iterator<char>(in), {}};
  if (!in) return fail(Errc::not_found, fmt::format("{} cannot be read", file));
  return text.starts_with('{') ? add_json(file, text, config) : add_lines(file, text, config);
}

Result<NamedConfig> gather(const ConfigOptions& options) {
  NamedConfig config;
  for (const auto& file : options.files) TRY_OK(add_file(file, config));
  for (const auto& name : options.variables) {
    // NOLINTNEXTLINE(concurrency-mt-unsafe): nothing in this process changes the environment
    const char* value = std::getenv(name.c_str());
    if (value == nullptr)
      return fail(Errc::invalid, fmt::format("the environment variable {} is not set", name));
    config[name] = value;
  }
  for (const auto& text : options.pairs) {
    TRY(auto pair, read_variable(text));
    config[std::move(pair.first)] = std::move(pair.second);
  }
  return config;
}

// How a host that runs from this state folder takes over what was changed in it.
std::string reload_text(const Global& global) {
  return fmt::format("A host that runs takes it over with: weft reload{}\n",
                     global.state_dir.empty() ? "" : " --state-dir " + global.state_dir.string());
}

std::string dumped(const nlohmann::json& json) { return json.dump(2) + "\n"; }

Result<std::string> put(const Global& global, const ConfigOptions& options,
                        host::ConfigStore& store) {
  TRY(auto config, gather(options));
  const auto keys = config.size();
  TRY_OK(store.put(options.name, std::move(config)));
  const auto file = store.file().string();
  if (global.output == Output::json)
    return dumped({{"name", options.name}, {"keys", keys}, {"file", file}});
  return fmt::format("{} has {} key{} now, in {}\n{}", options.name, keys, keys == 1 ? "" : "s",
                     file, reload_text(global));
}

Result<std::string> get(const Global& global, const ConfigOptions& options,
                        const host::ConfigStore& store) {
  TRY(const auto all, store.read());
  const auto found = all.find(options.name);
  if (found == all.end()) {
    return fail(Errc::not_found,
                fmt::format("there is no config '{}' in {}", options.name, store.file().string()));
  }
  if (global.output == Output::json) return dumped(found->second);
  std::string text;
  for (const auto& [key, value] : found->second) text += fmt::format("{}={}\n", key, value);
  return text;
}

Result<std::string> list(const Global& global, const host::ConfigStore& store) {
  TRY(const auto all, store.read());
  auto names = nlohmann::json::array();
  std::string text;
  for (const auto& [name, config] : all) {
    names.push_back(name);
    text += name + "\n";
  }
  return global.output == Output::json ? dumped(names) : text;
}

Result<std::string> remove(const Global& global, const ConfigOptions& options,
                           host::ConfigStore& store) {
  TRY_OK(store.remove(options.name));
  if (global.output == Output::json) return dumped({{"deleted", options.name}});
  return fmt::format("{} is gone\n{}", options.name, reload_text(global));
}

Result<std::string> act(const Global& global, const ConfigOptions& options) {
  TRY(const auto state, state_dir(global));
  host::ConfigStore store(state);
  switch (options.action) {
    case StoreAction::put:
      return put(global, options, store);
    case StoreAction::get:
      return get(global, options, store);
    case StoreAction::list:
      return list(global, store);
    case StoreAction::remove:
      return remove(global, options, store);
  }
  return fail(Errc::internal, "no such action");
}

}  // namespace

Exit run_config(const Global& global, const ConfigOptions& options, Surroundings& around) {
  const auto text = act(global, options);
  if (!text) {
    (void)say_error(text.error(), global, around);
    return Exit::failed;
  }
  around.out(*text);
  return Exit::ok;
}

}  // namespace weft::cli
