#include "base/trace_context.h"

#include <algorithm>
#include <cstddef>
#include <span>

namespace weft {
namespace {

constexpr std::string_view k_digits = "0123456789abcdef";

template <std::size_t N>
void append_hex(std::string& out, const std::array<std::uint8_t, N>& bytes) {
  for (const auto byte : bytes) {
    out += k_digits[byte >> 4];
    out += k_digits[byte & 15];
  }
}

std::optional<std::uint8_t> byte_at(std::string_view text, std::size_t at) {
  const auto high = k_digits.find(text[at]);
  const auto low = k_digits.find(text[at + 1]);
  if (high == k_digits.npos || low == k_digits.npos) return std::nullopt;
  return static_cast<std::uint8_t>(high << 4 | low);
}

// False for anything but lower-case hex, and for all zeros, which the standard forbids.
template <std::size_t N>
bool read_hex(std::string_view text, std::array<std::uint8_t, N>& bytes) {
  for (std::size_t i = 0; i < N; ++i) {
    const auto byte = byte_at(text, 2 * i);
    if (!byte) return false;
    bytes[i] = *byte;
  }
  return std::ranges::any_of(bytes, [](std::uint8_t byte) { return byte != 0; });
}

}  // namespace

std::string TraceContext::trace_text() const {
  std::string text;
  append_hex(text, trace);
  return text;
}

std::string TraceContext::span_text() const {
  std::string text;
  append_hex(text, span);
  return text;
}

std::string TraceContext::header() const {
  std::string text = "00-";
  append_hex(text, trace);
  text += '-';
  append_hex(text, span);
  text += sampled ? "-01" : "-00";
  return text;
}

TraceContext TraceContext::child(Random& random) const {
  TraceContext made = *this;
  random.fill(std::as_writable_bytes(std::span(made.span)));
  return made;
}

TraceContext TraceContext::make(Random& random) {
  TraceContext made;
  random.fill(std::as_writable_bytes(std::span(made.trace)));
  random.fill(std::as_writable_bytes(std::span(made.span)));
  return made;
}

std::optional<TraceContext> TraceContext::parse(std::string_view text) {
  constexpr std::size_t size = 55;
  if (text.size() < size || text[2] != '-' || text[35] != '-' || text[52] != '-')
    return std::nullopt;
  const auto version = byte_at(text, 0);
  const auto flags = byte_at(text, 53);
  if (!version || *version == 0xff || !flags) return std::nullopt;
  if (*version == 0 && text.size() != size) return std::nullopt;
  if (text.size() > size && text[size] != '-') return std::nullopt;
  TraceContext made;
  if (!read_hex(text.substr(3), made.trace) || !read_hex(text.substr(36), made.span)) {
    return std::nullopt;
  }
  made.sampled = (*flags & 1) != 0;
  return made;
}

}  // namespace weft
