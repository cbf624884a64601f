// The named configs of a host: one file in its state folder, written by `weft config`, read when
// manifests are applied or checked.
#pragma once
#include <filesystem>
#include <map>
#include <span>
#include <string>
#include <string_view>

#include "base/result.h"
#include "contracts/manifest.h"
#include "host/manifest/findings.h"

namespace weft::host {

using NamedConfig = std::map<std::string, std::string>;
using NamedConfigs = std::map<std::string, NamedConfig>;

// Any number of processes at once. Reading needs no lock.
class ConfigStore {
 public:
  // `state`: the folder; it need not exist.
  explicit ConfigStore(std::filesystem::path state);

  const std::filesystem::path& file() const { return file_; }
  // Empty without a file. invalid: damaged, or written by a newer Weft; denied.
  Result<NamedConfigs> read() const;
  // In the place of the config of that name, if there is one. invalid: the name or a key is none,
  // or something is no UTF-8; denied.
  Result<> put(const std::string& name, NamedConfig config);
  // not_found, denied, invalid.
  Result<> remove(const std::string& name);

 private:
  Result<> write(const NamedConfigs& configs) const;

  const std::filesystem::path folder_;
  const std::filesystem::path file_;
};

// Gives the configs that these manifests name without properties their values, from the store in
// this state folder; empty: there is none. One that the store does not have is an error with the
// command that makes it; so is a store that cannot be read.
void fill_configs(std::span<contracts::Manifest> manifests, const std::filesystem::path& state,
                  manifest::Findings& findings);

}  // namespace weft::host
