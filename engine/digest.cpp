#include "engine/digest.h"

#include <sodium.h>

#include <array>
#include <cstdint>
#include <span>

namespace weft::engine {
namespace {

const unsigned char* raw(std::string_view bytes) {
  return reinterpret_cast<const unsigned char*>(bytes.data());
}

std::string hex(std::span<const std::uint8_t> bytes) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string text;
  text.reserve(bytes.size() * 2);
  for (const auto byte : bytes) {
    text += digits[byte >> 4];
    text += digits[byte & 15];
  }
  return text;
}

}  // namespace

std::string sha256_hex(std::string_view bytes) {
  std::array<unsigned char, crypto_hash_sha256_BYTES> out{};
  crypto_hash_sha256(out.data(), raw(bytes), bytes.size());
  return hex(out);
}

std::string blake2b_hex(std::string_view bytes) {
  // Without sodium_init the portable code is used instead of the CPU's vector instructions.
  static const int ready = sodium_init();
  (void)ready;
  std::array<unsigned char, 32> out{};
  crypto_generichash(out.data(), out.size(), raw(bytes), bytes.size(), nullptr, 0);
  return hex(out);
}

}  // namespace weft::engine
