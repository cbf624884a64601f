#include "contracts/flat_contract.h"

#include <algorithm>
#include <array>

#include "contracts/keyvalue/signatures.h"
#include "contracts/keyvalue/types.h"

namespace weft::contracts {

std::span<const FlatContract> flat_contracts() {
  static const std::array<FlatContract, 1> all = {{{.interface = keyvalue::k_interface,
                                                    .functions = keyvalue::signatures(),
                                                    .served = keyvalue::k_served}}};
  return all;
}

const FlatContract* find_flat_contract(const InterfaceName& name) {
  const auto all = flat_contracts();
  const auto found = std::ranges::find_if(all, [&](const FlatContract& one) {
    const auto own = InterfaceName::parse(one.interface);
    return own && own->unversioned() == name.unversioned() &&
           match_versions(name.version, own->version) == Match::yes;
  });
  return found == all.end() ? nullptr : &*found;
}

}  // namespace weft::contracts
