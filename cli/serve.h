// Serving until a signal says otherwise: what `up` and `run` do once everything is started.
#pragma once
#include <functional>

#include "base/log.h"
#include "cli/options.h"
#include "host/host.h"

namespace weft::cli {

struct ServeHooks {
  // On SIGHUP; empty where there is nothing to read again.
  std::function<void()> reload;
};

// Returns when SIGINT or SIGTERM came and everything has drained. A second one ends the process at once with
// exit code 130.
void serve_until_signal(host::Host& host, Log& log, const ServeHooks& hooks);

// The settings of a host as the command line gives them. invalid: no folder for state or cache is known.
Result<host::HostSettings> host_settings(const Global& global, const Serving& serving,
                                         const std::vector<const contracts::Adapter*>& adapters);

}  // namespace weft::cli
