// Many keys of one bucket, where each is a secret of its own.
#pragma once
#include <string_view>
#include <vector>

#include "contracts/keyvalue/keyvalue.h"
#include "providers/keyvalue_vault/store.h"

namespace weft::providers::keyvalue_vault {

// Asks for each key once, a few at the same time, and answers when all are there, or with the first
// error. `store` outlives the call.
void gather(Store& store, Calls::Token token, std::string_view bucket,
            std::vector<std::string_view> keys,
            contracts::keyvalue::Answer<contracts::keyvalue::Found> answer);

}  // namespace weft::providers::keyvalue_vault
