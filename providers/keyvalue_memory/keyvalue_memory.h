// Key-value in the memory of the process: `weft:keyvalue-memory`. What it holds ends with it.
#pragma once
#include "contracts/provider.h"

namespace weft::providers::keyvalue_memory {

const contracts::ProviderKind& kind();

}  // namespace weft::providers::keyvalue_memory
