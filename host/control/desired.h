// What a host is to run: manifests as they were applied, and the edits made by hand since.
#pragma once
#include <span>
#include <string>
#include <vector>

#include "base/log.h"
#include "contracts/manifest.h"
#include "host/control/edits.h"
#include "host/host.h"
#include "host/manifest/providers.h"

namespace weft::control {

struct Edited {
  Effect effect = Effect::nothing;
  host::Applied applied;  // of an effect
};

// Control thread only.
class Desired {
 public:
  // All outlive this.
  Desired(host::Host& host, const manifest::Providers& providers, Log& log)
      : host_(host), providers_(providers), log_(log) {}

  // These manifests take the place of everything; edits by hand end with it, and the log tells
  // which. When they cannot be applied everything stays, edits included.
  host::Applied apply(std::vector<contracts::Manifest> manifests);
  // Edits on top of what is there. Files, configs and secrets are not read again, except the file
  // of an update and the configs that an edit names. Errors
  // are those of control::apply(); what the host has against it stands in `applied`.
  Result<Edited> edit(Edit edit);

  // With the edits, and with the values of configs.
  std::span<const contracts::Manifest> manifests() const [[clang::lifetimebound]] {
    return manifests_;
  }
  // Since the manifests were applied, oldest first: the drift.
  std::span<const Edit> edits() const [[clang::lifetimebound]] { return edits_; }

 private:
  host::Host& host_;
  const manifest::Providers& providers_;
  Log& log_;
  std::vector<contracts::Manifest> manifests_;
  std::vector<Edit> edits_;
};

}  // namespace weft::control
