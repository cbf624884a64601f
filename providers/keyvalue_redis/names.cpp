#include "providers/keyvalue_redis/names.h"

#include <fmt/format.h>

#include "contracts/image_codec.h"
#include "net/redis/slots.h"

namespace weft::providers::keyvalue_redis {

std::string_view Names::prefix(std::string_view bucket, std::string_view key) {
  if (bucket == k_plain_bucket && !key.starts_with(k_reserved)) return {};
  return prefix(bucket);
}

std::string_view Names::prefix(std::string_view bucket) {
  if (bucket == bucket_ && !prefix_.empty()) return prefix_;
  bucket_ = bucket;
  prefix_ = k_reserved;
  for (const char c : bucket) {
    if (c == ':' || c == '%') {
      prefix_ += c == ':' ? "%3A" : "%25";
    } else {
      prefix_.push_back(c);
    }
  }
  prefix_.push_back(':');
  return prefix_;
}

std::string odd_mark(std::string_view name) {
  if (const auto tag = net::redis::hash_tag(name))
    return fmt::format("{}{}{}{}", k_mark_begin, *tag, k_mark_end, name);
  const auto slot = net::redis::slot_of(name);
  unsigned number = 0;
  while (net::redis::slot_of(fmt::to_string(number)) != slot) ++number;
  return fmt::format("{}{}{}:{}", k_mark_begin, number, k_mark_end, name);
}

std::optional<std::string_view> key_named(std::string_view bucket, std::string_view prefix,
                                          std::string_view name) {
  const bool prefixed = name.starts_with(k_reserved);
  if (bucket == k_plain_bucket ? prefixed && !name.starts_with(prefix) : !name.starts_with(prefix))
    return std::nullopt;
  if (prefixed) name.remove_prefix(prefix.size());
  if (!contracts::valid_utf8(name)) return std::nullopt;
  return name;
}

std::string pattern(std::string_view prefix) {
  std::string made;
  for (const char c : prefix) {
    if (std::string_view("*?[]\\^").contains(c)) made.push_back('\\');
    made.push_back(c);
  }
  made.push_back('*');
  return made;
}

}  // namespace weft::providers::keyvalue_redis
