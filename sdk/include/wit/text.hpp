// Between text and bytes.
#pragma once
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace wit {

// The bytes of a text, which must outlive the result.
inline std::span<std::uint8_t const> bytes(std::string_view text) {
  return {reinterpret_cast<std::uint8_t const*>(text.data()), text.size()};
}

inline std::string text(std::span<std::uint8_t const> bytes) {
  return {reinterpret_cast<char const*>(bytes.data()), bytes.size()};
}

}  // namespace wit
