// The secrets of components, as their manifests name them, read from where they are kept.
#pragma once
#include <filesystem>
#include <map>
#include <memory>
#include <span>
#include <utility>

#include "base/result.h"
#include "contracts/host_service.h"
#include "host/plan/plan.h"
#include "host/secrets/key_source.h"
#include "host/secrets/secrets_file.h"

namespace weft::secrets {

// The file of secrets of a state folder.
std::filesystem::path default_file(const std::filesystem::path& state);

// Control thread only. A key that was typed at the terminal is asked for once.
class SecretsReader {
 public:
  // `state` may be empty: then every policy must name a file.
  explicit SecretsReader(std::filesystem::path state) : state_(std::move(state)) {}

  // Copies them all, each under its name in the manifest; null when there are none. not_found:
  // names the line of the manifest and the command that makes it; denied, invalid: those of the
  // file.
  Result<std::shared_ptr<const contracts::Secrets>> read(std::span<const plan::SecretUse> uses);
  // Closes what read() opened, so that the next one sees what changed.
  void forget() { open_.clear(); }

 private:
  using Place = std::pair<std::filesystem::path, KeySource>;
  Result<const SecretsFile*> open(const plan::SecretUse& use);

  const std::filesystem::path state_;
  std::map<Place, SecretsFile> open_;
  std::map<std::filesystem::path, SecretBytes> typed_;  // keys, by file
};

}  // namespace weft::secrets
