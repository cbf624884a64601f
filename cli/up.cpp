#include <fmt/format.h>
#include <unistd.h>

#include <array>
#include <utility>

#include "cli/commands.h"
#include "cli/manifests.h"
#include "cli/report.h"
#include "cli/serve.h"
#include "cli/span_log.h"
#include "host/control/control.h"
#include "host/control/host_id.h"
#include "host/control/socket.h"

namespace weft::cli {
namespace {

LogLevel level_of(manifest::Severity severity) {
  switch (severity) {
    case manifest::Severity::error:
      return LogLevel::error;
    case manifest::Severity::warning:
      return LogLevel::warn;
    case manifest::Severity::info:
      return LogLevel::info;
  }
  return LogLevel::error;
}

void log_findings(const manifest::Findings& findings, Log& log) {
  for (const auto& finding : findings.all()) {
    const auto level = level_of(finding.severity);
    const auto at = manifest::text(finding.at);
    if (level == LogLevel::error && !finding.suggestion.empty()) {
      log.line(level, finding.message, {{"at", at}, {"suggestion", finding.suggestion}});
    } else {
      log.line(level, finding.message, {{"at", at}});
    }
  }
}

class Application {
 public:
  Application(const Global& global, const Up& options, Surroundings& around, Log& log,
              control::Desired& desired)
      : global_(global), options_(options), around_(around), log_(log), desired_(desired) {}

  // Reads the manifests and makes them the ones in force.
  Exit apply() {
    auto set = read_manifests(options_.manifests, "up", around_.providers);
    host::Applied applied;
    if (set.findings.ok()) applied = desired_.apply(std::move(set.manifests));
    set.findings.append(std::move(applied.findings));
    set.findings.sort();
    if (!set.findings.ok()) {
      refuse(set.findings);
      return Exit::invalid;
    }
    if (applied.failure) return say_error(*applied.failure, global_, around_);
    log_findings(set.findings, log_);
    const auto summary = applied.summary.value_or(host::ApplySummary{});
    log_.info("applied", {{"added", std::uint64_t{summary.added}},
                          {"changed", std::uint64_t{summary.changed}},
                          {"removed", std::uint64_t{summary.removed}},
                          {"unchanged", std::uint64_t{summary.unchanged}}});
    return Exit::ok;
  }

 private:
  // Where the log is made of records, so is this: nothing else goes to standard error then.
  bool records() const { return global_.log_format == LogFormat::json; }

  void refuse(const manifest::Findings& findings) {
    if (global_.output == Output::json) around_.out(findings_text(findings, Output::json, {}));
    const auto summary = count_text(findings) + "; nothing was changed";
    if (records()) {
      log_findings(findings, log_);
      log_.error(summary);
      return;
    }
    if (global_.output == Output::text)
      around_.err(findings_text(findings, Output::text, around_.colour));
    around_.err(fmt::format("weft: {}\n", summary));
  }

  const Global& global_;
  const Up& options_;
  Surroundings& around_;
  Log& log_;
  control::Desired& desired_;
};

control::Identity identity(Surroundings& around) {
  std::array<char, 256> name{};
  if (::gethostname(name.data(), name.size() - 1) != 0) name = {};
  return {.id = control::make_host_id(around.random), .name = name.data(), .version = WEFT_VERSION};
}

// Requests are answered by the thread that serves.
Result<std::unique_ptr<control::SocketServer>> serve_control(const std::filesystem::path& state,
                                                             control::Control& control,
                                                             Signals& signals) {
  return control::SocketServer::open(
      control::socket_path(state), [&control, &signals](std::string subject, std::string payload,
                                                        std::function<void(std::string)> reply) {
        signals.post([&control, subject = std::move(subject), payload = std::move(payload),
                      reply = std::move(reply)] { reply(control.answer(subject, payload)); });
      });
}

}  // namespace

Exit run_up(const Global& global, const Up& options, Surroundings& around) {
  Log log({.level = global.log_level, .format = global.log_format, .colour = around.colour},
          around.clock, around.err);
  ingress::LineAccessLog access_log(access_format(global), around.clock, around.err);
  auto settings = host_settings(global, options.serving, around, access_log);
  if (!settings) return say_error(settings.error(), global, around);
  auto state = state_dir(global);
  if (!state) return say_error(state.error(), global, around);
  settings->state = *state;
  SpanLog spans(log);
  if (log.enabled(LogLevel::debug)) settings->observers.push_back(&spans);
  Signals signals;
  auto host = host::Host::open(
      *std::move(settings), {around.clock, around.network, around.random, log, around.providers});
  if (!host) return say_error(host.error(), global, around);
  control::Desired desired(**host, around.providers, log);
  Application application(global, options, around, log, desired);
  control::Control control(identity(around), desired,
                           {.reload = [&application]() -> Result<> {
                              if (application.apply() == Exit::ok) return {};
                              return fail(Errc::invalid,
                                          "the manifests cannot be applied, and nothing was "
                                          "changed; the host's log says why");
                            },
                            .stop = [&signals] { signals.stop(); }},
                           around.clock);
  const auto server = serve_control(*state, control, signals);
  if (!server) return say_error(server.error(), global, around);
  // Last, so that a host that says it is ready can be asked, too.
  if (const auto exit = application.apply(); exit != Exit::ok) return exit;
  signals.serve(**host, log, [&] {
    log.info("SIGHUP: reading the manifests again");
    (void)application.apply();
  });
  return Exit::ok;
}

}  // namespace weft::cli
