// The component files of manifests, read and compiled.
#pragma once
#include <map>
#include <memory>
#include <set>
#include <span>
#include <string>

#include "base/log.h"
#include "contracts/manifest.h"
#include "engine/engine.h"
#include "host/manifest/findings.h"
#include "host/plan/plan.h"

namespace weft::host {

struct Images {
  std::map<ComponentId, plan::Loaded> types;  // what planning wants to know
  std::map<ComponentId, std::shared_ptr<const engine::Artifact>> artifacts;
  std::map<ComponentId, std::string> paths;  // of the files they came from
};

// A file that cannot be read, is no component or does not compile becomes an error at its `image:`
// line; the others are loaded all the same. Compiling takes seconds for large files and is told to
// the log. A component that `kept` has from the same path is taken from there, whatever the file
// holds now, unless its id is among `anew`.
Images load_images(engine::Engine& engine, std::span<const contracts::Manifest> manifests, Log& log,
                   manifest::Findings& findings, const Images& kept = {},
                   const std::set<ComponentId>& anew = {});

}  // namespace weft::host
