#include "host/config_store.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>
#include <system_error>
#include <utility>
#include <vector>

#include "base/bytes.h"
#include "base/suggest.h"
#include "contracts/image_codec.h"
#include "host/files/atomic_file.h"
#include "host/manifest/node_reader.h"
#include "host/state_dir.h"

namespace weft::host {
namespace {

using nlohmann::json;

constexpr int k_layout = 1;
constexpr std::size_t k_most_store_bytes = 64 << 20;
constexpr std::size_t k_longest_name = 256;

bool is_word(std::string_view text) {
  const auto control = [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; };
  return !text.empty() && text.size() <= k_longest_name && contracts::valid_utf8(text) &&
         std::ranges::none_of(text, control);
}

Result<> check(const std::string& name, const NamedConfig& config) {
  if (!is_word(name)) {
    return fail(Errc::invalid,
                fmt::format("a config's name is one line of 1 to {} bytes", k_longest_name));
  }
  if (name.starts_with("SECRET")) {
    return fail(Errc::invalid, fmt::format("'{}' cannot be the name of a config: names that begin "
                                           "with SECRET are for secrets (weft secret put)",
                                           name));
  }
  for (const auto& [key, value] : config) {
    if (!is_word(key)) {
      return fail(Errc::invalid, fmt::format("a key of '{}' is not one line of 1 to {} bytes", name,
                                             k_longest_name));
    }
    if (!contracts::valid_utf8(value) || value.find('\0') != value.npos)
      return fail(Errc::invalid, fmt::format("the value of '{}' in '{}' is no text", key, name));
  }
  return {};
}

std::optional<NamedConfigs> parse(const json& all) {
  const auto configs = all.find("configs");
  if (configs == all.end() || !configs->is_object()) return std::nullopt;
  NamedConfigs made;
  for (const auto& [name, config] : configs->items()) {
    if (!config.is_object()) return std::nullopt;
    auto& one = made[name];
    for (const auto& [key, value] : config.items()) {
      if (!value.is_string()) return std::nullopt;
      one.emplace(key, value.get<std::string>());
    }
  }
  return made;
}

class Filler {
 public:
  Filler(const NamedConfigs& configs, const ConfigStore& store, manifest::Findings& findings)
      : configs_(configs), store_(store), findings_(findings) {}

  void fill(contracts::Manifest& manifest) const {
    for (auto& component : manifest.components) {
      fill(component.config);
      for (auto& link : component.links) {
        fill(link.source_config);
        fill(link.target_config);
      }
    }
  }

 private:
  void fill(std::vector<contracts::Config>& list) const {
    for (auto& config : list) {
      if (!config.values) fill(config);
    }
  }
  void fill(contracts::Config& config) const {
    const auto found = configs_.find(config.name);
    if (found == configs_.end()) return tell_missing(config);
    auto& values = config.values.emplace();
    for (const auto& [key, value] : found->second) values.push_back({key, value, config.at});
  }
  void tell_missing(const contracts::Config& config) const {
    std::vector<std::string_view> names;
    names.reserve(configs_.size());
    for (const auto& [name, values] : configs_) names.push_back(name);
    const auto near = nearest_word(config.name, names);
    findings_.error(
        config.at,
        fmt::format("the config '{}' has no properties here, and {} has none of that name",
                    config.name, store_.file().string()),
        fmt::format("{}Make it: weft config put {} KEY=VALUE\nOr write its properties below its "
                    "name:\n  properties:\n    KEY: \"value\"",
                    near ? fmt::format("Did you mean `{}`?\n", *near) : "", config.name));
  }

  const NamedConfigs& configs_;
  const ConfigStore& store_;
  manifest::Findings& findings_;
};

// The first config that only the store can fill.
const contracts::Config* find_named(std::span<const contracts::Manifest> manifests) {
  const auto first = [](const std::vector<contracts::Config>& list) -> const contracts::Config* {
    const auto found =
        std::ranges::find_if(list, [](const auto& one) { return !one.values.has_value(); });
    return found == list.end() ? nullptr : &*found;
  };
  for (const auto& manifest : manifests) {
    for (const auto& component : manifest.components) {
      if (const auto* found = first(component.config)) return found;
      for (const auto& link : component.links) {
        if (const auto* found = first(link.source_config)) return found;
        if (const auto* found = first(link.target_config)) return found;
      }
    }
  }
  return nullptr;
}

}  // namespace

ConfigStore::ConfigStore(std::filesystem::path state)
    : folder_(std::move(state)), file_(folder_ / "configs.json") {}

Result<NamedConfigs> ConfigStore::read() const {
  const auto content = read_file(file_, k_most_store_bytes);
  if (!content && content.error().code == Errc::not_found) return NamedConfigs();
  if (!content) return std::unexpected(content.error());
  const auto damaged =
      fmt::format("{} is not what weft wrote; restore it, or remove it and put its configs again",
                  file_.string());
  const auto all = json::parse(text_of(*content), nullptr, /*allow_exceptions=*/false);
  if (!all.is_object() || !all.contains("layout") || !all["layout"].is_number_integer())
    return fail(Errc::invalid, damaged);
  if (const auto layout = all["layout"].get<std::int64_t>(); layout > k_layout) {
    return fail(Errc::invalid, fmt::format("{} has layout {}, written by a newer weft; this one "
                                           "knows up to {}: upgrade weft",
                                           file_.string(), layout, k_layout));
  }
  auto configs = parse(all);
  if (!configs) return fail(Errc::invalid, damaged);
  return *std::move(configs);
}

Result<> ConfigStore::put(const std::string& name, NamedConfig config) {
  TRY_OK(check(name, config));
  TRY_OK(make_state_folder(folder_));
  TRY(const auto lock, FileLock::take(folder_ / "configs.lock"));
  TRY(auto configs, read());
  configs[name] = std::move(config);
  return write(configs);
}

Result<> ConfigStore::remove(const std::string& name) {
  const auto missing = [&] {
    return fail(Errc::not_found,
                fmt::format("there is no config '{}' in {}", name, file_.string()));
  };
  std::error_code error;
  if (!std::filesystem::exists(file_, error)) return missing();
  TRY(const auto lock, FileLock::take(folder_ / "configs.lock"));
  TRY(auto configs, read());
  if (configs.erase(name) == 0) return missing();
  return write(configs);
}

Result<> ConfigStore::write(const NamedConfigs& configs) const {
  const auto text = json({{"layout", k_layout}, {"configs", configs}}).dump(1) + "\n";
  return replace_file(file_, std::as_bytes(std::span(text)));
}

void fill_configs(std::span<contracts::Manifest> manifests, const std::filesystem::path& state,
                  manifest::Findings& findings) {
  const auto* named = find_named(manifests);
  if (named == nullptr) return;
  if (state.empty()) {
    return findings.error(
        named->at, fmt::format("the config '{}' has no properties here, and without a state folder "
                               "there are no others",
                               named->name));
  }
  const ConfigStore store(state);
  const auto configs = store.read();
  if (!configs) return findings.error(named->at, configs.error().message);
  const Filler filler(*configs, store, findings);
  for (auto& manifest : manifests) filler.fill(manifest);
}

}  // namespace weft::host
