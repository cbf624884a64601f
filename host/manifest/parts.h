// The readers of the parts of a manifest, for each other; outside this folder read_manifest.h is
// what to include.
#pragma once
#include <string_view>
#include <vector>

#include "contracts/manifest.h"
#include "host/manifest/node_reader.h"

namespace weft::manifest {

std::vector<contracts::Config> read_configs(Reading& reading, const Node& list,
                                            std::string_view what);
std::vector<contracts::Secret> read_secrets(Reading& reading, const Node& list,
                                            std::string_view what);
std::vector<contracts::Policy> read_policies(Reading& reading, const Node& list);
contracts::Component read_component(Reading& reading, const Node& node);
// Fills scaler, links, limits of a component whose other members are set.
void read_traits(Reading& reading, const Node& list, contracts::Component& component);

// What no single part can see: duplicates, links to nothing, policies of secrets, shared
// components.
void validate(const contracts::Manifest& manifest, Findings& findings);

}  // namespace weft::manifest
