// What a name and a value may be, in one place for readers and the writer.
#pragma once
#include <cstddef>
#include <string_view>

#include "base/result.h"
#include "contracts/keyvalue/types.h"

namespace weft::providers::keyvalue_sqlite {

inline constexpr std::size_t k_bucket_bytes = 255;
inline constexpr std::size_t k_key_bytes = 4096;
inline constexpr std::size_t k_value_bytes = std::size_t{64} << 20;
// Keys of one page, when the caller asks for more or leaves it to us.
inline constexpr std::uint32_t k_page_keys = 1000;

// invalid: names the limit. A bucket has at least one byte; a key may be empty.
Result<> check_bucket(std::string_view bucket);
Result<> check_key(std::string_view key);
Result<> check_value(contracts::keyvalue::Bytes value);
Result<> check(contracts::keyvalue::Item item);

}  // namespace weft::providers::keyvalue_sqlite
