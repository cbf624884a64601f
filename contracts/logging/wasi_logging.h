// wasi:logging/logging, as its draft and without a version. `critical` is logged as an error.
#pragma once
#include "contracts/host_service.h"

namespace weft::contracts::logging {

const HostService& service();

}  // namespace weft::contracts::logging
