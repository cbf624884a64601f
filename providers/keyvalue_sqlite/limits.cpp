#include "providers/keyvalue_sqlite/limits.h"

#include <fmt/format.h>

namespace weft::providers::keyvalue_sqlite {

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

Result<> check_value(contracts::keyvalue::Bytes value) {
  if (value.size() <= k_value_bytes) return {};
  return fail(Errc::invalid, fmt::format("the value has {} bytes, at most {} are allowed",
                                         value.size(), k_value_bytes));
}

Result<> check(contracts::keyvalue::Item item) {
  TRY_OK(check_bucket(item.bucket));
  return check_key(item.key);
}

}  // namespace weft::providers::keyvalue_sqlite
