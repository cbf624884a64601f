// What a key of a bucket is called in NATS, whose keys are words of [-/_=a-zA-Z0-9] with dots
// between. Keys of the bucket `default` that are such words keep their names, as the 1.x provider
// and `nats kv` know them. All others are `weft=BUCKET.kKEY`, every other byte as =XX; a name that
// would be too long for a subject is `weft=BUCKET.hHASH`, and its message has the key in a header.
#pragma once
#include <optional>
#include <string>
#include <string_view>

#include "net/nats/message.h"

namespace weft::providers::keyvalue_nats {

inline constexpr std::string_view k_plain_bucket = "default";
inline constexpr std::string_view k_reserved = "weft=";
inline constexpr std::string_view k_key_header = "Weft-Key";
inline constexpr std::size_t k_name_bytes = 1024;

struct Name {
  std::string text;
  std::string key_header = {};  // what the header must say; empty: none is needed
};
Name name_of(std::string_view bucket, std::string_view key);

// What matches the names of a bucket's keys, after "$KV.BUCKET.", and perhaps others.
std::string filter_of(std::string_view bucket);
// The key of the bucket that has this name; nothing when it is of another bucket, none of ours, or
// no text in UTF-8.
std::optional<std::string> key_named(std::string_view bucket, std::string_view name,
                                     const net::nats::Headers& headers);

}  // namespace weft::providers::keyvalue_nats
