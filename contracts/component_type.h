// What a component imports and exports, as data: read from a binary by the engine, judged by
// host/plan.
#pragma once
#include <string>
#include <vector>

#include "contracts/interface_name.h"

namespace weft::contracts {

struct FunctionType {
  std::string name;       // "price", "[method]bucket.get"
  std::string signature;  // structural WIT text: equal texts, equal types; resources stand by name
};

// An interface without functions and resources holds types only: nothing is ever called through it.
struct InterfaceType {
  // A plain name, which only the world that has it knows, leaves `ns` and `package` empty;
  // functions outside any interface stand under a name that is empty altogether.
  InterfaceName name;
  std::vector<FunctionType> functions;
  std::vector<std::string> resources;
};

struct ComponentType {
  std::vector<InterfaceType> imports;
  std::vector<InterfaceType> exports;
};

}  // namespace weft::contracts
