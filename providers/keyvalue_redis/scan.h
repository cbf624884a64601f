// The keys of a bucket, page by page, by SCAN.
#pragma once
#include <cstdint>
#include <string_view>

#include "contracts/keyvalue/keyvalue.h"
#include "net/redis/client.h"
#include "providers/keyvalue_redis/calls.h"

namespace weft::providers::keyvalue_redis {

// SCAN walks over the whole database and answers in batches of its own size, now and then with a
// key twice. A page ends inside a batch, so its place is the batch's cursor and the last key taken
// from it; if that key is gone when the next page is asked for, the batch begins anew and its other
// keys are seen again. `client` and `where` outlive the call; `prefix` is that of the bucket
// (names.h).
void scan(net::redis::Client& client, Calls::Token token, std::string_view where,
          std::string_view prefix, std::string_view bucket, const contracts::keyvalue::Place& from,
          std::uint32_t limit, contracts::keyvalue::Answer<contracts::keyvalue::Page> answer);

}  // namespace weft::providers::keyvalue_redis
