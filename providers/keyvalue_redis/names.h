// What a key of a bucket is called in Redis. The bucket `default` is the database itself, as the
// 1.x provider knew it: its keys keep their names. Keys of other buckets are
// `weft:BUCKET:KEY`, with ':' and '%' in the bucket's name as %3A and %25; so are those of
// `default` that begin with `weft:`, so that no two keys share a name.
#pragma once
#include <optional>
#include <string>
#include <string_view>

namespace weft::providers::keyvalue_redis {

inline constexpr std::string_view k_plain_bucket = "default";
inline constexpr std::string_view k_reserved = "weft:";
// The name of the mark that stands for the state of a key, see scripts.h: `weft::{NAME}`. No
// bucket has an empty name; the braces keep key and mark on one server of a cluster.
// A name with a '}' or of no byte would have its mark elsewhere that way: odd_mark() says what that
// is called instead.
inline constexpr std::string_view k_mark_begin = "weft::{";
inline constexpr std::string_view k_mark_end = "}";

// Whether the mark of a key with this prefix is `weft::{NAME}`.
inline bool is_plain(std::string_view prefix, std::string_view key) {
  return !prefix.contains('}') && !key.contains('}') && !(prefix.empty() && key.empty());
}
// The mark of any other name, in its slot: `weft::{TAG}NAME` where the name has a tag, otherwise
// `weft::{NUMBER}:NAME` with the first number that lies there.
std::string odd_mark(std::string_view name);

// Names keys, and remembers the last bucket, because callers mostly have one. One thread.
class Names final {
 public:
  // What stands before the key in its name. Valid until the next call.
  std::string_view prefix(std::string_view bucket, std::string_view key);
  // What stands before every key of a bucket other than `default`. The same.
  std::string_view prefix(std::string_view bucket);

 private:
  std::string bucket_;
  std::string prefix_;
};

// The key of the bucket that has this name; nothing when it is of another bucket, a mark, or no
// text in UTF-8.
std::optional<std::string_view> key_named(std::string_view bucket, std::string_view prefix,
                                          std::string_view name);
// A pattern for SCAN that finds what begins with the prefix.
std::string pattern(std::string_view prefix);

}  // namespace weft::providers::keyvalue_redis
