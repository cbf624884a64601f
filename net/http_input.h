// What a connection has read and not yet understood: one block of memory that grows while bodies
// stream.
#pragma once
#include <algorithm>
#include <cstddef>
#include <cstring>
#include <memory>
#include <span>
#include <string_view>

namespace weft::net {

class HttpInput {
 public:
  // Invalidated by room() and clear().
  std::string_view view() const [[clang::lifetimebound]] {
    return {data_.get() + begin_, end_ - begin_};
  }
  std::size_t size() const { return end_ - begin_; }
  void consume(std::size_t bytes) { begin_ += bytes; }
  void filled(std::size_t bytes) { end_ += bytes; }
  void clear() { begin_ = end_ = 0; }

  // Space behind the data, in a block of `wanted` bytes at least; what was read may move. Empty
  // when the block is full. Not while an earlier room is being read into.
  std::span<char> room(std::size_t wanted) [[clang::lifetimebound]] {
    const auto used = size();
    if (used == 0) clear();
    const bool too_large = used == 0 && capacity_ > k_kept && wanted <= k_first;
    if (capacity_ < wanted || too_large) {
      auto grown = std::make_unique_for_overwrite<char[]>(wanted);
      if (used != 0) std::memcpy(grown.get(), data_.get() + begin_, used);
      data_ = std::move(grown);
      capacity_ = wanted;
      begin_ = 0;
      end_ = used;
    } else if (begin_ > 0 && capacity_ - end_ < capacity_ / 2) {
      std::memmove(data_.get(), data_.get() + begin_, used);
      begin_ = 0;
      end_ = used;
    }
    return {data_.get() + end_, capacity_ - end_};
  }
  std::size_t capacity() const { return capacity_; }

  static constexpr std::size_t k_first = 4 * 1024;  // enough for nearly every head
  static constexpr std::size_t k_kept = 16 * 1024;  // an idle connection keeps no more than this

 private:
  std::unique_ptr<char[]> data_;
  std::size_t capacity_ = 0, begin_ = 0, end_ = 0;
};

}  // namespace weft::net
