// Any bytes as a manifest: reading and planning end, and what they say is consistent.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "host/manifest/read_manifest.h"
#include "host/plan/diff.h"
#include "host/plan/plan.h"
#include "tests/support/known_providers.h"

namespace {

void require(bool held) {
  if (!held) std::abort();
}

void check_findings(const weft::manifest::Findings& findings) {
  for (const auto& one : findings.all()) {
    require(one.at.file == "app.yaml");
    require(!one.message.empty());
    require(!weft::manifest::text(one).empty());
  }
}

void check_plan(const weft::contracts::Manifest& manifest) {
  const std::map<weft::ComponentId, weft::plan::Loaded> none;
  const auto planned =
      weft::plan::make_plan({.manifests = {&manifest, 1},
                             .components = none,
                             .providers = weft::tests::known_providers(),
                             .disguise = [](std::string_view text) { return std::string(text); }});
  check_findings(planned.findings);
  require(planned.plan.has_value() == planned.findings.ok());
  if (planned.plan)
    require(weft::plan::diff(weft::plan::applied(*planned.plan), *planned.plan).empty());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(data, data + size);
  const auto read = weft::manifest::read_manifest(text, "app.yaml", weft::tests::known_providers());
  check_findings(read.findings);
  require(read.manifest.has_value() == read.findings.ok());
  if (read.manifest) check_plan(*read.manifest);
  return 0;
}
