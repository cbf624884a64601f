// Messaging in the memory of the process: `weft:messaging-memory`. What waits ends with it.
#pragma once
#include "contracts/provider.h"

namespace weft::providers::messaging_memory {

const contracts::ProviderKind& kind();

}  // namespace weft::providers::messaging_memory
