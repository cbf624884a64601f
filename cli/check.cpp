#include <fmt/format.h>

#include "cli/commands.h"
#include "cli/manifests.h"
#include "cli/report.h"
#include "host/config_store.h"
#include "host/images.h"
#include "host/plan/plan.h"
#include "host/secrets/disguise.h"

namespace weft::cli {
namespace {

// Everything that `up` would find, without starting anything.
Result<manifest::Findings> check(const Global& global, const Check& options, Surroundings& around) {
  auto set = read_manifests(options.manifests, "check", around.providers);
  Log log({.level = LogLevel::error, .format = global.log_format, .colour = around.colour},
          around.clock, around.err);
  engine::EngineSettings settings;
  settings.adapters = around.adapters;
  settings.guests = 1;
  TRY(settings.cache, cache_dir(global));
  TRY(const auto engine, engine::Engine::open(std::move(settings), log));
  TRY(const auto state, state_dir(global));
  host::fill_configs(set.manifests, state, set.findings);
  const auto images = host::load_images(*engine, set.manifests, log, set.findings);
  set.findings.append(plan::make_plan({.manifests = set.manifests,
                                       .components = images.types,
                                       .providers = around.providers,
                                       .disguise = secrets::Disguise(around.random)})
                          .findings);
  set.findings.sort();
  return std::move(set.findings);
}

}  // namespace

Exit run_check(const Global& global, const Check& options, Surroundings& around) {
  const auto findings = check(global, options, around);
  if (!findings) return say_error(findings.error(), global, around);
  around.out(findings_text(*findings, global.output, around.out_colour));
  if (global.output == Output::text) {
    around.out(findings->ok() && findings->count(manifest::Severity::warning) == 0
                   ? "all good\n"
                   : count_text(*findings) + "\n");
  }
  return findings->ok() ? Exit::ok : Exit::invalid;
}

}  // namespace weft::cli
