// What a component imports and exports, from the engine's description of it.
#pragma once
#include <string_view>

#include "base/result.h"
#include "contracts/component_type.h"

namespace weft::engine {

// Parses the JSON of eng_component_describe. internal: it is not what that function promises.
Result<contracts::ComponentType> parse_component_type(std::string_view json);

// Whether the engine itself serves an import: WASI's cli, clocks, random, io, filesystem, sockets
// and http/types.
bool is_builtin(const contracts::InterfaceName& name);
// wasi:http/outgoing-handler 0.2, whose requests stream.
bool sends_http(const contracts::InterfaceName& name);

// The export that serves an import of that name, by namespace:package/interface and version; null
// if there is none.
const contracts::InterfaceType* find_export(const contracts::ComponentType& type,
                                            const contracts::InterfaceName& wanted);

}  // namespace weft::engine
