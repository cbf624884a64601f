// wasmcloud:secrets (store, reveal) 0.1.0-draft. A handle is the secret's name; its value leaves
// the host only by reveal().
#pragma once
#include "contracts/host_service.h"

namespace weft::contracts::secrets {

const HostService& service();

}  // namespace weft::contracts::secrets
