// Serving until a signal says otherwise: what `up` and `run` do once everything is started.
#pragma once
#include <functional>

#include "base/log.h"
#include "cli/options.h"
#include "cli/surroundings.h"
#include "host/host.h"
#include "ingress/http/access_log.h"

namespace weft::cli {

struct ServeHooks {
  // On SIGHUP; empty where there is nothing to read again.
  std::function<void()> reload;
};

inline ingress::AccessFormat access_format(const Global& global) {
  return global.log_format == LogFormat::json ? ingress::AccessFormat::json : ingress::AccessFormat::text;
}

// Returns when SIGINT or SIGTERM came and everything has drained. A second one ends the process at once with
// exit code 130.
void serve_until_signal(host::Host& host, Log& log, const ServeHooks& hooks);

// The settings of a host as the command line gives them. invalid: no folder for state or cache is known.
// `access_log` outlives the host; it is used when the command line asks for it.
Result<host::HostSettings> host_settings(const Global& global, const Serving& serving,
                                         Surroundings& around, ingress::AccessLog& access_log);

}  // namespace weft::cli
