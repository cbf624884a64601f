// Key-value on Vault or OpenBao: `weft:keyvalue-vault`.
#pragma once
#include "contracts/provider.h"

namespace weft::providers::keyvalue_vault {

const contracts::ProviderKind& kind();

}  // namespace weft::providers::keyvalue_vault
