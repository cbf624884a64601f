// Serving until a signal says otherwise: what `up` and `run` do once everything is started.
#pragma once
#include <functional>
#include <memory>

#include "base/log.h"
#include "cli/options.h"
#include "cli/surroundings.h"
#include "host/host.h"
#include "ingress/http/access_log.h"

namespace weft::cli {

// Takes SIGINT, SIGTERM and SIGHUP from its construction on, on a thread of its own: make it before
// anything listens. The first SIGINT or SIGTERM asks to stop, as soon as what is being started has
// started; the second ends the process at once with exit code 130, whatever it does.
class Signals {
 public:
  Signals();
  ~Signals();

  // Has `work` done by the thread that serves, in order, at its next free moment; after a stop was
  // asked for nothing is done any more. Any thread.
  void post(std::function<void()> work);
  // As SIGTERM does. Any thread.
  void stop();

  // Returns when a stop was asked for and everything has drained. `reload` runs on each SIGHUP
  // before that.
  void serve(host::Host& host, Log& log, const std::function<void()>& reload);

 private:
  struct State;
  const std::unique_ptr<State> state_;
};

inline ingress::AccessFormat access_format(const Global& global) {
  return global.log_format == LogFormat::json ? ingress::AccessFormat::json
                                              : ingress::AccessFormat::text;
}

// The settings of a host as the command line gives them, without a state folder. invalid: no folder
// for the cache is known. `access_log` outlives the host; it is used when the command line asks for
// it.
Result<host::HostSettings> host_settings(const Global& global, const Serving& serving,
                                         Surroundings& around, ingress::AccessLog& access_log);

}  // namespace weft::cli
