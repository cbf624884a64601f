// Reads one manifest: everything that is wrong with it at once, each with line and column.
#pragma once
#include <optional>
#include <string>
#include <string_view>

#include "contracts/manifest.h"
#include "host/manifest/findings.h"
#include "host/manifest/providers.h"

namespace weft::manifest {

struct ReadManifest {
  std::optional<contracts::Manifest> manifest;  // there if and only if no finding is an error
  Findings findings;                            // sorted by line
};

// YAML or JSON. `file` is the path the text comes from: positions name it, relative image paths
// start at its folder. Reads no files. What wadm rejects is an error; what it silently ignores is a
// warning.
ReadManifest read_manifest(std::string_view text, const std::string& file,
                           const Providers& providers);

}  // namespace weft::manifest
