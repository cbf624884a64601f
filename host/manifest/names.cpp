#include "host/manifest/names.h"

#include <algorithm>
#include <array>
#include <cstdint>

namespace weft::manifest {
namespace {

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_alphanumeric(char c) { return is_letter(c) || is_digit(c); }

constexpr std::uint32_t k_broken = 0xffffffff;

// Takes one UTF-8 character off the front; k_broken for bytes that are none.
std::uint32_t take_character(std::string_view& text) {
  const auto byte = [&](std::size_t i) { return static_cast<std::uint8_t>(text[i]); };
  const std::uint8_t first = byte(0);
  const std::size_t length = first < 0x80 ? 1 : first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
  std::uint32_t code = length == 1 ? first : first & (0x7f >> length);
  bool broken = (first >= 0x80 && first < 0xc2) || first > 0xf4 || length > text.size();
  for (std::size_t i = 1; !broken && i < length; ++i) {
    broken = (byte(i) & 0xc0) != 0x80;
    code = code << 6 | (byte(i) & 0x3f);
  }
  text.remove_prefix(broken ? 1 : length);
  return broken ? k_broken : code;
}

struct Range {
  std::uint32_t first, last;
};
// Blocks of characters beyond ASCII that hold punctuation, symbols, spaces or nothing: no letters
// of any script.
constexpr std::array k_no_letters = {
    Range{0x80, 0xa9},       Range{0xab, 0xb4},       Range{0xb6, 0xb9},
    Range{0xbb, 0xbf},       Range{0xd7, 0xd7},       Range{0xf7, 0xf7},
    Range{0x2000, 0x203e},   Range{0x2041, 0x2053},   Range{0x2055, 0x2070},
    Range{0x20a0, 0x20cf},   Range{0x2190, 0x24b5},   Range{0x24ea, 0x2bff},
    Range{0x3000, 0x3004},   Range{0x3008, 0x3020},   Range{0xd800, 0xf8ff},
    Range{0xfe10, 0xfe1f},   Range{0x1f000, 0x1faff}, Range{0xe0000, 0xe00ff},
    Range{0xf0000, 0x10ffff}};

bool is_word_character(std::uint32_t code) {
  if (code == k_broken) return false;
  if (code < 0x80) return is_alphanumeric(static_cast<char>(code)) || code == '_';
  return std::ranges::none_of(
      k_no_letters, [&](Range range) { return code >= range.first && code <= range.last; });
}

bool is_subdomain(std::string_view text) {
  if (text.empty() || text.size() > 253) return false;
  while (true) {
    const auto dot = text.find('.');
    const auto part = text.substr(0, dot);
    if (part.empty() || part.size() > 63 || !is_letter(part.front()) ||
        !is_alphanumeric(part.back()))
      return false;
    if (!std::ranges::all_of(part, [](char c) { return is_alphanumeric(c) || c == '-'; }))
      return false;
    if (dot == text.npos) return true;
    text.remove_prefix(dot + 1);
  }
}

bool is_label_name(std::string_view text) {
  if (text.empty() || text.size() > 63 || !is_alphanumeric(text.front()) ||
      !is_alphanumeric(text.back()))
    return false;
  return std::ranges::all_of(
      text, [](char c) { return is_alphanumeric(c) || c == '-' || c == '_' || c == '.'; });
}

void append_sanitised(std::string& made, std::string_view text) {
  while (!text.empty()) {
    const auto code = take_character(text);
    if (code == 0x212a) {  // the Kelvin sign: its lower case is an ASCII k
      made += 'k';
    } else if (code == 0x130) {  // İ: its lower case is an ASCII i and a combining dot
      made += "i_";
    } else if (code >= 'A' && code <= 'Z') {
      made += static_cast<char>(code - 'A' + 'a');
    } else {
      made +=
          code < 0x80 && is_alphanumeric(static_cast<char>(code)) ? static_cast<char>(code) : '_';
    }
  }
}

}  // namespace

bool is_manifest_name(std::string_view name) {
  if (name.empty()) return false;
  while (!name.empty()) {
    const auto code = take_character(name);
    if (code != '-' && !is_word_character(code)) return false;
  }
  return true;
}

bool is_id(std::string_view id) {
  constexpr std::size_t longest = 100;
  return !id.empty() && id.size() <= longest && std::ranges::all_of(id, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_';
  });
}

bool is_label_key(std::string_view key) {
  const auto slash = key.find('/');
  if (slash == key.npos) return is_label_name(key);
  return is_subdomain(key.substr(0, slash)) && is_label_name(key.substr(slash + 1));
}

ComponentId component_id(std::string_view manifest, std::string_view component) {
  return ComponentId(config_id(manifest, component));
}

std::string config_id(std::string_view manifest, std::string_view config) {
  std::string made;
  append_sanitised(made, manifest);
  made += '-';
  append_sanitised(made, config);
  return made;
}

std::string secret_id(std::string_view manifest, std::string_view secret) {
  return "SECRET_" + config_id(manifest, secret);
}

}  // namespace weft::manifest
