// Key-value on NATS: `weft:keyvalue-nats`.
#pragma once
#include "contracts/provider.h"

namespace weft::providers::keyvalue_nats {

const contracts::ProviderKind& kind();

}  // namespace weft::providers::keyvalue_nats
