// Key-value on Redis: `weft:keyvalue-redis`.
#pragma once
#include "contracts/provider.h"

namespace weft::providers::keyvalue_redis {

const contracts::ProviderKind& kind();

}  // namespace weft::providers::keyvalue_redis
