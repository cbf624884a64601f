// Memory for secrets: never swapped out where the system allows it, not in core dumps, between
// guard pages, zero after use.
#pragma once
#include <cstddef>
#include <span>
#include <utility>

namespace weft::secrets {

class SecretBytes {
 public:
  SecretBytes() = default;
  // Zeros. Throws std::bad_alloc.
  explicit SecretBytes(std::size_t size);
  SecretBytes(SecretBytes&& other) noexcept
      : data_(std::exchange(other.data_, nullptr)), size_(std::exchange(other.size_, 0)) {}
  SecretBytes& operator=(SecretBytes&& other) noexcept {
    std::swap(data_, other.data_);
    std::swap(size_, other.size_);
    return *this;
  }
  ~SecretBytes();

  std::size_t size() const noexcept { return size_; }
  std::span<std::byte> bytes() noexcept [[clang::lifetimebound]] { return {data_, size_}; }
  std::span<const std::byte> bytes() const noexcept [[clang::lifetimebound]] {
    return {data_, size_};
  }
  // The same beginning in another size; what is new is zero.
  void resize(std::size_t size);

 private:
  std::byte* data_ = nullptr;
  std::size_t size_ = 0;
};

}  // namespace weft::secrets
