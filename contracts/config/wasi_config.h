// wasi:config: `store` in its three spellings of 0.2.0, and `runtime`, as it was called before.
#pragma once
#include "contracts/host_service.h"

namespace weft::contracts::config {

const HostService& service();

}  // namespace weft::contracts::config
