// Compare-and-swap: the scripts that Redis runs for it.
//
// The version of a key is a mark and the SHA-1 of its value. The mark is a random word under a name
// of its own (names.h). It is set when somebody asks for the version, and taken away by every write
// of this provider, in one step with the write: so a key that was deleted, or changed there and
// back, is not taken for the one that was seen. A write by somebody else leaves the mark, but then
// the value differs, unless it is the same again. A mark that nobody uses goes away by itself; the
// swap then fails, and hands out a new version. "0" is the version of a key that is not there.
//
// A script, not WATCH: commands of many callers share the connection, and WATCH would need one of
// its own for every version that is out.
#pragma once
#include <string_view>

namespace weft::providers::keyvalue_redis {

inline constexpr int k_mark_seconds = 3600;

// Keys: name, mark. Arguments: a new random word, seconds. Answers version and value; of a key that
// is not there the version only.
inline constexpr std::string_view k_look = R"(
local value = redis.call('GET', KEYS[1])
if not value then return {'0'} end
local mark = redis.call('GET', KEYS[2])
if not mark then mark = ARGV[1] end
redis.call('SET', KEYS[2], mark, 'EX', ARGV[2])
return {mark .. redis.sha1hex(value), value}
)";

// Keys: name, mark. Arguments: a new random word, seconds, the version that is expected, the new
// value. Answers nothing when it is done, otherwise what k_look would.
inline constexpr std::string_view k_swap = R"(
local value = redis.call('GET', KEYS[1])
local mark = redis.call('GET', KEYS[2])
local version = '0'
if value then version = (mark or '') .. redis.sha1hex(value) end
if version == ARGV[3] then
  redis.call('SET', KEYS[1], ARGV[4])
  redis.call('DEL', KEYS[2])
  return {}
end
if not value then return {'0'} end
if not mark then mark = ARGV[1] end
redis.call('SET', KEYS[2], mark, 'EX', ARGV[2])
return {mark .. redis.sha1hex(value), value}
)";

}  // namespace weft::providers::keyvalue_redis
