// The providers that tests of manifests and plans know: what is said of them, nothing that starts.
#pragma once
#include "contracts/keyvalue/types.h"
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
  static const manifest::Providers known({&sqlite});
  return known;
}

}  // namespace weft::tests
