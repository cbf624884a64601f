#include "base/printable.h"

#include <fmt/format.h>

#include <cstddef>
#include <cstdint>
#include <iterator>

namespace weft {
namespace {

struct Character {
  std::uint32_t code = 0;
  std::size_t size = 0;  // 0: the first byte belongs to none
};

// Of `text`, which is not empty. By RFC 3629: no overlong form, no surrogate.
Character first_of(std::string_view text) {
  const auto byte = [&text](std::size_t at) {
    return at < text.size() ? static_cast<unsigned char>(text[at]) : 0u;
  };
  const std::uint32_t first = byte(0);
  if (first < 0x80) return {first, 1};
  const std::size_t size = first < 0xc2   ? 0
                           : first < 0xe0 ? 2
                           : first < 0xf0 ? 3
                           : first < 0xf5 ? 4
                                          : 0;
  if (size == 0) return {};
  std::uint32_t code = first & (0xffu >> (size + 1));
  for (std::size_t i = 1; i < size; ++i) {
    if ((byte(i) & 0xc0u) != 0x80u) return {};
    code = code << 6 | (byte(i) & 0x3fu);
  }
  const bool overlong = (size == 3 && code < 0x800) || (size == 4 && code < 0x10000);
  if (overlong || (code >= 0xd800 && code < 0xe000) || code > 0x10ffff) return {};
  return {code, size};
}

}  // namespace

void append_printable(std::string& out, std::string_view text, NewLines lines,
                      std::string_view quoted) {
  while (!text.empty()) {
    const auto [code, size] = first_of(text);
    const char c = text.front();
    if (size == 0) {
      out += "\xef\xbf\xbd";
    } else if (c == '\n') {
      out += lines == NewLines::kept ? "\n" : "\\n";
    } else if (code < 0x20 || (code >= 0x7f && code < 0xa0)) {
      fmt::format_to(std::back_inserter(out), "\\u{:04x}", code);
    } else {
      if (quoted.find(c) != quoted.npos) out += '\\';
      out += text.substr(0, size);
    }
    text.remove_prefix(size == 0 ? 1 : size);
  }
}

std::string printable(std::string_view text, NewLines lines) {
  std::string out;
  append_printable(out, text, lines);
  return out;
}

}  // namespace weft
