// Which of the 16384 slots of a Redis Cluster a key lies in.
#pragma once
#include <cstdint>
#include <optional>
#include <string_view>

namespace weft::net::redis {

inline constexpr std::uint16_t k_slots = 16384;

// What stands between the first '{' and the first '}' after it, if anything: it alone decides.
std::optional<std::string_view> hash_tag(std::string_view key);
std::uint16_t slot_of(std::string_view key);

}  // namespace weft::net::redis
