// wasmcloud:messaging/consumer@0.2.0 on weft:messaging/broker. Every error is a text there.
#pragma once
#include <memory>

#include "contracts/adapter.h"

namespace weft::contracts::messaging {

std::unique_ptr<Adapter> wasmcloud_adapter();

}  // namespace weft::contracts::messaging
