// Bytes as text: the one place that says that a char may alias them.
#pragma once
#include <cstddef>
#include <span>
#include <string_view>

namespace weft {

// As long as `bytes`, and valid as long as they are; not checked to be UTF-8.
inline std::string_view text_of(std::span<const std::byte> bytes [[clang::lifetimebound]]) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

}  // namespace weft
