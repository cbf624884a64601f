// The keys of a bucket, page by page.
#pragma once
#include <cstdint>
#include <string_view>

#include "providers/keyvalue_nats/asked.h"

namespace weft::providers::keyvalue_nats {

// NATS has no list of keys: a consumer that lives as long as the page shows the last message of
// each, without its value, in the order in which they were written. A place is the sequence of the
// last key of a page; a key that is written between two pages comes again. `bucket` outlives the
// call.
void list_keys(Bucket& bucket, std::string_view name, const contracts::keyvalue::Place& from,
               std::uint32_t limit, const AskedPtr<contracts::keyvalue::Page>& asked);

}  // namespace weft::providers::keyvalue_nats
