// What manifests may say of `weft:http-server`. HTTP comes in through the threads' own listeners
// (host/http_front.h): there is no provider object.
#pragma once
#include "contracts/provider.h"

namespace weft::manifest {

const contracts::ProviderKind& http_server();

}  // namespace weft::manifest
