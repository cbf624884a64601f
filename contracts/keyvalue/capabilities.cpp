#include "contracts/keyvalue/capabilities.h"

#include <fmt/format.h>

namespace weft::contracts::keyvalue {

Result<> check_bucket(std::string_view bucket) {
  if (bucket.empty()) return fail(Errc::invalid, "a bucket needs a name");
  if (bucket.size() <= k_bucket_bytes) return {};
  return fail(Errc::invalid, fmt::format("the bucket's name has {} bytes, at most {} are allowed",
                                         bucket.size(), k_bucket_bytes));
}

Result<> check_key(std::string_view key) {
  if (key.size() <= k_key_bytes) return {};
  return fail(Errc::invalid,
              fmt::format("the key has {} bytes, at most {} are allowed", key.size(), k_key_bytes));
}

Result<> check(Item item) {
  TRY_OK(check_bucket(item.bucket));
  return check_key(item.key);
}

Result<> check(Item item, Bytes value) {
  TRY_OK(check(item));
  if (value.size() <= k_value_bytes) return {};
  return fail(Errc::invalid, fmt::format("the value has {} bytes, at most {} are allowed",
                                         value.size(), k_value_bytes));
}

Result<> check_keys(std::string_view bucket, std::span<const std::string_view> keys) {
  TRY_OK(check_bucket(bucket));
  for (const auto key : keys) TRY_OK(check_key(key));
  return {};
}

Result<> check_pairs(std::string_view bucket, std::span<const Pair> pairs) {
  TRY_OK(check_bucket(bucket));
  for (const auto& [key, value] : pairs) TRY_OK(check({bucket, key}, value));
  return {};
}

Result<> check_found(std::size_t bytes) {
  if (bytes <= k_found_bytes) return {};
  return fail(Errc::exhausted, fmt::format("the values asked for have more than {} bytes together; "
                                           "ask for fewer at once",
                                           k_found_bytes));
}

}  // namespace weft::contracts::keyvalue
