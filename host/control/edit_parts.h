// What edits share.
#pragma once
#include <string_view>
#include <vector>

#include "contracts/manifest.h"
#include "host/control/edits.h"

namespace weft::control {

struct Found {
  contracts::Manifest& application;
  contracts::Component& component;
};

// What runs under this id or name: not the places where a manifest uses a component of another one.
// not_found, invalid: as apply() says.
Result<Found> find(std::string_view word, std::vector<contracts::Manifest>& manifests);
// That nothing runs under it, and that it can be an id.
Result<> check_free(std::string_view id, std::vector<contracts::Manifest>& manifests);
std::vector<contracts::Config> configs_of(const EndConfig& end);
// Where findings place what was edited by hand.
contracts::Position by_hand();

// The edits of host/control/middleware.cpp.
Result<Effect> insert_link(const InsertLink& edit, const manifest::Providers& providers,
                           std::vector<contracts::Manifest>& manifests);
Result<Effect> bypass_link(const BypassLink& edit, std::vector<contracts::Manifest>& manifests);

}  // namespace weft::control
