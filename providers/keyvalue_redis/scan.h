// The keys of a bucket, page by page, by SCAN.
#pragma once
#include <cstdint>
#include <string_view>

#include "contracts/calls.h"
#include "contracts/keyvalue/keyvalue.h"
#include "providers/keyvalue_redis/servers.h"

namespace weft::providers::keyvalue_redis {

using contracts::Calls;

// SCAN walks over the whole database and answers in batches of its own size, now and then with a
// key twice. It leaves out none that stays as long as each batch is taken whole, however the
// server's table grows or shrinks: what of a batch is too much for a page goes into the place of
// the next one, which begins with it. A place by count begins anew each time and only knows how
// many to pass over. Nodes of a cluster are walked one after the other. `servers` and `where`
// outlive the call; `prefix` is that of the bucket (names.h).
void scan(Servers& servers, Calls::Token token, std::string_view where, std::string_view prefix,
          std::string_view bucket, const contracts::keyvalue::Place& from, std::uint32_t limit,
          contracts::keyvalue::Answer<contracts::keyvalue::Page> answer);

}  // namespace weft::providers::keyvalue_redis
