// Messaging on NATS: `weft:messaging-nats`.
#pragma once
#include "contracts/provider.h"

namespace weft::providers::messaging_nats {

const contracts::ProviderKind& kind();

}  // namespace weft::providers::messaging_nats
