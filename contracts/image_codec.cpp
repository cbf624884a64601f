#include "contracts/image_codec.h"

#include <fmt/format.h>

#include "base/bytes.h"

namespace weft::contracts {
namespace {

// Bytes of the sequence that `lead` begins, 0 if it begins none.
std::size_t sequence_length(std::uint8_t lead) {
  if (lead < 0x80) return 1;
  if (lead >= 0xc2 && lead < 0xe0) return 2;
  if (lead >= 0xe0 && lead < 0xf0) return 3;
  if (lead >= 0xf0 && lead < 0xf5) return 4;
  return 0;
}

// The second byte rules out overlong forms, surrogates and what lies past U+10FFFF.
bool second_allowed(std::uint8_t lead, std::uint8_t second) {
  const std::uint8_t low = lead == 0xe0 ? 0xa0 : lead == 0xf0 ? 0x90 : 0x80;
  const std::uint8_t high = lead == 0xed ? 0x9f : lead == 0xf4 ? 0x8f : 0xbf;
  return second >= low && second <= high;
}

}  // namespace

bool valid_utf8(std::string_view text) noexcept {
  std::size_t i = 0;
  while (i < text.size()) {
    std::uint64_t word = 0;
    if (text.size() - i >= sizeof word) {
      std::memcpy(&word, text.data() + i, sizeof word);
      if ((word & 0x8080808080808080) == 0) {
        i += sizeof word;
        continue;
      }
    }
    const auto lead = static_cast<std::uint8_t>(text[i]);
    const auto length = sequence_length(lead);
    if (length == 0 || length > text.size() - i) return false;
    if (length > 1 && !second_allowed(lead, static_cast<std::uint8_t>(text[i + 1]))) return false;
    for (std::size_t k = 2; k < length; ++k) {
      if ((static_cast<std::uint8_t>(text[i + k]) & 0xc0) != 0x80) return false;
    }
    i += length;
  }
  return true;
}

ImageReader::ImageReader(std::span<const std::byte> image, std::size_t size)
    : image_(image), budget_(image.size()) {
  if (image.size() < size) fail("it is shorter than its tuple", image.size());
}

void ImageReader::fail(const char* why, std::size_t at) noexcept {
  if (why_ != nullptr) return;
  why_ = why;
  where_ = at;
}

Error ImageReader::error() const {
  return {Errc::invalid, fmt::format("malformed image of {} bytes: {} (at offset {})",
                                     image_.size(), why_, where_)};
}

ImageReader::List ImageReader::elements(std::size_t at, std::size_t size,
                                        std::size_t align) noexcept {
  const std::size_t start = get<std::uint32_t>(at);
  const std::size_t count = get<std::uint32_t>(at + 4);
  if (failed() || count == 0) return {};
  // Both factors are below 2^32: the product fits.
  const std::size_t total = count * size;
  if (start % align != 0) {
    fail("a list is not aligned", at);
  } else if (start > image_.size() || total > image_.size() - start) {
    fail("a list or string leaves the image", at);
  } else if (total > budget_) {
    fail("its lists overlap", at);
  } else {
    budget_ -= total;
    return {start, count};
  }
  return {};
}

std::span<const std::byte> ImageReader::bytes(std::size_t at) noexcept {
  const auto [start, count] = elements(at, 1, 1);
  if (count == 0) return {};
  return image_.subspan(start, count);
}

std::string_view ImageReader::text(std::size_t at) noexcept {
  const auto text = text_of(bytes(at));
  if (valid_utf8(text)) return text;
  fail("a string is not UTF-8", at);
  return {};
}

std::size_t ImageReader::discriminant(std::size_t at, std::size_t width,
                                      std::size_t cases) noexcept {
  const std::size_t index = width == 1 ? get<std::uint8_t>(at) : get<std::uint16_t>(at);
  if (index < cases) return index;
  fail("there is no such case", at);
  return 0;
}

}  // namespace weft::contracts
