#include "net/redis/slots.h"

#include <array>

namespace weft::net::redis {
namespace {

// CRC16 of XMODEM: polynomial 1021, most significant bit first, from 0.
constexpr std::array<std::uint16_t, 256> k_crc = [] {
  std::array<std::uint16_t, 256> table{};
  for (unsigned byte = 0; byte < table.size(); ++byte) {
    unsigned crc = byte << 8;
    for (int bit = 0; bit < 8; ++bit) crc = (crc & 0x8000) != 0 ? (crc << 1) ^ 0x1021 : crc << 1;
    table[byte] = static_cast<std::uint16_t>(crc);
  }
  return table;
}();

}  // namespace

std::optional<std::string_view> hash_tag(std::string_view key) {
  const auto open = key.find('{');
  if (open == std::string_view::npos) return std::nullopt;
  const auto close = key.find('}', open);
  if (close == std::string_view::npos || close == open + 1) return std::nullopt;
  return key.substr(open + 1, close - open - 1);
}

std::uint16_t slot_of(std::string_view key) {
  std::uint16_t crc = 0;
  for (const char c : hash_tag(key).value_or(key))
    crc =
        static_cast<std::uint16_t>((crc << 8) ^ k_crc[(crc >> 8) ^ static_cast<unsigned char>(c)]);
  return crc % k_slots;
}

}  // namespace weft::net::redis
