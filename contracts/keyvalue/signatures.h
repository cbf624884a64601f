// The functions of weft:keyvalue/store@0.1.0, as the types of components show them.
#pragma once
#include <span>

#include "contracts/component_type.h"

namespace weft::contracts::keyvalue {

std::span<const FunctionType> signatures();

}  // namespace weft::contracts::keyvalue
