#include "engine/call/guest_output.h"

#include <algorithm>
#include <cstddef>

namespace weft::engine {
namespace {

constexpr std::size_t k_longest_line = 4096;
constexpr std::size_t k_tail_bytes = 4096;
constexpr int k_tail_lines = 20;

}  // namespace

void GuestOutput::write(std::uint32_t fd, std::string_view bytes, const Line& line) {
  if (fd == 2) keep(bytes);
  std::string& partial = partial_[fd == 2 ? 1 : 0];
  while (!bytes.empty()) {
    const auto end = bytes.find('\n');
    const auto piece = bytes.substr(0, std::min(end, k_longest_line - partial.size()));
    partial += piece;
    bytes.remove_prefix(piece.size());
    const bool ended = bytes.starts_with('\n');
    if (ended) bytes.remove_prefix(1);
    if (ended || partial.size() >= k_longest_line) {
      line(fd, partial);
      partial.clear();
    }
  }
}

void GuestOutput::finish(const Line& line) {
  for (std::uint32_t fd = 1; fd <= 2; ++fd) {
    auto& partial = partial_[fd - 1];
    if (!partial.empty()) line(fd, partial);
    partial.clear();
  }
}

void GuestOutput::keep(std::string_view bytes) {
  if (bytes.size() > k_tail_bytes) bytes.remove_prefix(bytes.size() - k_tail_bytes);
  tail_ += bytes;
  if (tail_.size() > 2 * k_tail_bytes) tail_.erase(0, tail_.size() - k_tail_bytes);
}

std::string GuestOutput::tail() const {
  std::string_view text = tail_;
  while (text.ends_with('\n')) text.remove_suffix(1);
  if (text.size() > k_tail_bytes) text.remove_prefix(text.size() - k_tail_bytes);
  std::size_t at = text.size();
  for (int lines = 0; lines < k_tail_lines && at != text.npos; ++lines) {
    at = at == 0 ? text.npos : text.rfind('\n', at - 1);
  }
  return std::string(at == text.npos ? text : text.substr(at + 1));
}

void GuestOutput::clear() {
  for (auto& partial : partial_) partial.clear();
  tail_.clear();
}

}  // namespace weft::engine
