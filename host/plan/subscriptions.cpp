#include <algorithm>

#include "contracts/messaging/subjects.h"
#include "contracts/messaging/types.h"
#include "host/plan/checks.h"

#include <fmt/format.h>

namespace weft::plan {
namespace {

bool brings_messages(const Edge& edge) {
  if (edge.source->provider == nullptr) return false;
  return std::ranges::find(edge.source->provider->calls, contracts::messaging::k_handler) !=
         edge.source->provider->calls.end();
}

void check_subjects(const std::vector<contracts::Config>& configs, manifest::Findings& findings) {
  for (const auto& config : configs) {
    if (!config.values) continue;
    for (const auto& setting : *config.values) {
      if (lower(setting.key) != "subscriptions") continue;
      const auto parsed = contracts::messaging::parse_subscriptions(setting.value);
      if (!parsed) {
        findings.error(setting.at, fmt::format("`subscriptions`: {}", parsed.error().message),
                       "Write subjects with commas between them: orders.new, audit.>, "
                       "jobs.*|workers");
      }
    }
  }
}

}  // namespace

void check_subscriptions(const World& world, manifest::Findings& findings) {
  for (const auto& edge : world.edges) {
    if (brings_messages(edge)) check_subjects(edge.link->source_config, findings);
  }
}

}  // namespace weft::plan
