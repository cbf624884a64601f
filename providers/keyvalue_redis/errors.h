// What an error of Redis means to a caller.
#pragma once
#include <string_view>

#include "base/error.h"
#include "net/redis/reply.h"

namespace weft::providers::keyvalue_redis {

// `text`: as Redis sent it, "WRONGTYPE Operation against …". `where` begins the message.
Error redis_error(std::string_view text, std::string_view where);

// The defect of a server that answers something else than its documentation says.
Error unexpected_reply(std::string_view where);

}  // namespace weft::providers::keyvalue_redis
