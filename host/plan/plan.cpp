#include "host/plan/plan.h"

#include <algorithm>
#include <iterator>

#include "host/plan/checks.h"

namespace weft::plan {

Planned make_plan(const Input& input) {
  Planned planned;
  auto& findings = planned.findings;
  const auto world = make_world(input, findings);
  check_imports(input, world, findings);
  check_links(world, findings);
  check_provider_config(world, findings);
  check_subscriptions(world, findings);
  check_grants(input, world, findings);
  check_secrets(input, world, findings);
  auto routes = make_routes(world, findings);
  findings.sort();
  if (!findings.ok()) return planned;
  Plan plan{make_steps(world, input)};
  std::ranges::move(routes, std::back_inserter(plan.steps));
  planned.plan = std::move(plan);
  return planned;
}

}  // namespace weft::plan
