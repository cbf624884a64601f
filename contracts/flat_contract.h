// The flat contracts: what providers implement, be they objects of the host or components, and what
// guests may import from whoever does.
#pragma once
#include <span>
#include <string_view>

#include "contracts/component_type.h"
#include "contracts/interface_name.h"

namespace weft::contracts {

// Views of the program's own texts.
struct FlatContract {
  std::string_view interface;               // "weft:keyvalue/store@0.1.0"
  std::span<const FunctionType> functions;  // which whoever serves it has, all of them
  // With version: itself, and what adapters lead to it.
  std::span<const std::string_view> served;
};

std::span<const FlatContract> flat_contracts();
// The one that an interface is, in a version that fits; or null.
const FlatContract* find_flat_contract(const InterfaceName& name);

}  // namespace weft::contracts
