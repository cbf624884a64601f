#include "base/nkey.h"

namespace weft {
namespace {

constexpr std::string_view k_letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

// CRC-16/XMODEM.
std::uint16_t checksum(std::span<const std::uint8_t> bytes) {
  std::uint16_t crc = 0;
  for (const auto byte : bytes) {
    crc = static_cast<std::uint16_t>(crc ^ (byte << 8));
    for (int bit = 0; bit < 8; ++bit) {
      const bool carry = (crc & 0x8000) != 0;
      crc = static_cast<std::uint16_t>(crc << 1);
      if (carry) crc ^= 0x1021;
    }
  }
  return crc;
}

std::string base32(std::span<const std::uint8_t> bytes) {
  std::string text;
  std::uint32_t held = 0;
  int bits = 0;
  for (const auto byte : bytes) {
    held = held << 8 | byte;
    bits += 8;
    while (bits >= 5) {
      bits -= 5;
      text.push_back(k_letters[held >> bits & 31]);
    }
  }
  if (bits > 0) text.push_back(k_letters[held << (5 - bits) & 31]);
  return text;
}

}  // namespace

std::string nkey_text(std::span<const std::uint8_t> bytes) {
  std::vector<std::uint8_t> all(bytes.begin(), bytes.end());
  const auto crc = checksum(bytes);
  all.push_back(static_cast<std::uint8_t>(crc));
  all.push_back(static_cast<std::uint8_t>(crc >> 8));
  return base32(all);
}

std::optional<std::vector<std::uint8_t>> nkey_bytes(std::string_view text) {
  std::vector<std::uint8_t> bytes;
  std::uint32_t held = 0;
  int bits = 0;
  for (const char letter : text) {
    const auto value = k_letters.find(letter);
    if (value == std::string_view::npos) return std::nullopt;
    held = held << 5 | static_cast<std::uint32_t>(value);
    bits += 5;
    if (bits < 8) continue;
    bits -= 8;
    bytes.push_back(static_cast<std::uint8_t>(held >> bits));
  }
  if (bytes.size() < 3) return std::nullopt;
  const auto crc = static_cast<std::uint16_t>(bytes[bytes.size() - 2] | bytes.back() << 8);
  bytes.resize(bytes.size() - 2);
  if (checksum(bytes) != crc) return std::nullopt;
  return bytes;
}

}  // namespace weft
