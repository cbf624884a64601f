// The providers that tests of manifests and plans know: what is said of them, nothing that starts.
#pragma once
#include <array>

#include "contracts/keyvalue/types.h"
#include "contracts/messaging/types.h"
#include "host/manifest/providers.h"

namespace weft::tests {

inline const manifest::Providers& known_providers() {
  static const contracts::ProviderKind sqlite{
      .info = {.name = "weft:keyvalue-sqlite",
               .what = "keeps keys and values in a file, durably",
               .aliases = {},
               .serves = contracts::keyvalue::k_served,
               .calls = {},
               .keys = {}},
      .start = {}};
  static constexpr std::array keys = {
      contracts::ConfigKey{"subscriptions", contracts::KeyPlace::link_source,
                           contracts::KeySupport::taken, "subjects", "", ""}};
  static const contracts::ProviderKind messaging{.info = {.name = "weft:messaging-memory",
                                                          .what = "hands messages on, in memory",
                                                          .aliases = {},
                                                          .serves = contracts::messaging::k_served,
                                                          .calls = contracts::messaging::k_called,
                                                          .keys = keys},
                                                 .start = {}};
  static const manifest::Providers known({&sqlite, &messaging});
  return known;
}

}  // namespace weft::tests
