#include <fmt/format.h>

#include "cli/commands.h"
#include "cli/manifests.h"
#include "cli/report.h"
#include "cli/serve.h"
#include "cli/span_log.h"

namespace weft::cli {
namespace {

void log_findings(const manifest::Findings& findings, Log& log) {
  for (const auto& finding : findings.all()) {
    const auto level =
        finding.severity == manifest::Severity::warning ? LogLevel::warn : LogLevel::info;
    log.line(level, finding.message, {{"at", manifest::text(finding.at)}});
  }
}

class Application {
 public:
  Application(const Up& options, Surroundings& around, Log& log, host::Host& host)
      : options_(options), around_(around), log_(log), host_(host) {}

  // Reads the manifests and makes them the ones in force.
  Exit apply() {
    auto set = read_manifests(options_.manifests);
    host::Applied applied;
    if (set.findings.ok()) applied = host_.apply(set.manifests);
    set.findings.append(std::move(applied.findings));
    if (!set.findings.ok()) {
      around_.err(findings_text(set.findings, Output::text, around_.colour));
      around_.err(fmt::format("weft: {}; nothing was changed\n", count_text(set.findings)));
      return Exit::invalid;
    }
    if (applied.failure) return say_error(*applied.failure, around_);
    log_findings(set.findings, log_);
    log_.info("applied", {{"added", std::uint64_t{applied.summary->added}},
                          {"changed", std::uint64_t{applied.summary->changed}},
                          {"removed", std::uint64_t{applied.summary->removed}},
                          {"unchanged", std::uint64_t{applied.summary->unchanged}}});
    return Exit::ok;
  }

 private:
  const Up& options_;
  Surroundings& around_;
  Log& log_;
  host::Host& host_;
};

}  // namespace

Exit run_up(const Global& global, const Up& options, Surroundings& around) {
  Log log({.level = global.log_level, .format = global.log_format, .colour = around.colour},
          around.clock, around.err);
  ingress::LineAccessLog access_log(access_format(global), around.clock, around.err);
  auto settings = host_settings(global, options.serving, around, access_log);
  if (!settings) return say_error(settings.error(), around);
  auto state = state_dir(global);
  if (!state) return say_error(state.error(), around);
  settings->state = *std::move(state);
  SpanLog spans(log);
  if (log.enabled(LogLevel::debug)) settings->observers.push_back(&spans);
  Signals signals;
  auto host = host::Host::open(
      *std::move(settings), {around.clock, around.network, around.random, log, around.providers});
  if (!host) return say_error(host.error(), around);
  Application application(options, around, log, **host);
  if (const auto exit = application.apply(); exit != Exit::ok) return exit;
  signals.serve(**host, log, [&] {
    log.info("SIGHUP: reading the manifests again");
    (void)application.apply();
  });
  return Exit::ok;
}

}  // namespace weft::cli
