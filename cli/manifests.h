// The manifests that a command line names, read from their files.
#pragma once
#include <filesystem>
#include <span>
#include <string_view>
#include <vector>

#include "contracts/manifest.h"
#include "host/manifest/findings.h"
#include "host/manifest/providers.h"

namespace weft::cli {

struct ManifestSet {
  std::vector<contracts::Manifest> manifests;  // of the files without errors
  manifest::Findings findings;
};

// A file that is missing, a folder or not readable is a finding, too. `command`: "up", for advice.
ManifestSet read_manifests(std::span<const std::filesystem::path> files, std::string_view command,
                           const manifest::Providers& providers);

}  // namespace weft::cli
