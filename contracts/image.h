// The canonical image: arguments or results of one function as one contiguous buffer, in the
// component model's memory32 layout. The tuple stands at offset 0; strings and lists are appended,
// their pointers are offsets from the start; handles of host resources are the numbers the host
// gave them; padding and inactive variant bytes are zero, so equal values have equal images.
// Source: the Canonical ABI's `store` with memory32 and UTF-8.
#pragma once
#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <new>
#include <span>
#include <utility>

namespace weft::contracts {

// Owns malloc memory, because images cross the boundary to the engine by value and either side may
// free them. Movable between threads; never shared.
class Image {
 public:
  // The last list of a guest's arguments where that is large: it lies in the memory of the guest
  // until the call is answered or cancelled.
  class Lent {
   public:
    virtual ~Lent() = default;
    // Copies the list to the end of `image`. False when that is too late. From any thread.
    virtual bool complete(Image& image) = 0;
  };

  Image() = default;
  // `size` zero bytes.
  explicit Image(std::size_t size) : size_(size), capacity_(size) {
    if (size == 0) return;
    data_ = static_cast<std::byte*>(std::calloc(1, size));
    if (data_ == nullptr) throw std::bad_alloc();
  }
  Image(Image&& other) noexcept { swap(other); }
  Image& operator=(Image&& other) noexcept {
    Image(std::move(other)).swap(*this);
    return *this;
  }
  ~Image() { std::free(data_); }

  // Only a callee that says so (Invoker::takes_lent) is handed an image that is not whole: its
  // bytes end before the list that is lent.
  bool is_whole() const noexcept { return lent_ == nullptr; }
  // False when what is lent is gone: the caller waits no more.
  [[nodiscard]] bool make_whole() {
    const auto lent = std::exchange(lent_, nullptr);
    return lent == nullptr || lent->complete(*this);
  }

  std::byte* data() noexcept { return data_; }
  const std::byte* data() const noexcept [[clang::lifetimebound]] { return data_; }
  std::size_t size() const noexcept { return size_; }
  std::size_t capacity() const noexcept { return capacity_; }
  std::span<const std::byte> bytes() const noexcept [[clang::lifetimebound]] {
    return {data_, size_};
  }

  // Grows to `size` bytes, the new ones zero. Invalidates pointers into the image.
  void grow(std::size_t size) {
    if (size <= size_) return;
    if (size > capacity_) {
      const std::size_t wanted = size > 2 * capacity_ ? size : 2 * capacity_;
      auto* moved = static_cast<std::byte*>(std::realloc(data_, wanted));
      if (moved == nullptr) throw std::bad_alloc();
      data_ = moved;
      capacity_ = wanted;
    }
    std::memset(data_ + size_, 0, size - size_);
    size_ = size;
  }

  // For the engine boundary only: malloc memory goes out and comes in.
  struct Raw {
    std::byte* data;
    std::size_t size, capacity;
  };
  void lend(std::unique_ptr<Lent> lent) noexcept { lent_ = std::move(lent); }
  std::unique_ptr<Lent> take_lent() noexcept { return std::move(lent_); }
  Raw release() noexcept {
    const Raw raw{data_, size_, capacity_};
    data_ = nullptr;
    size_ = capacity_ = 0;
    return raw;
  }
  static Image adopt(Raw raw) noexcept {
    Image image;
    image.data_ = raw.data;
    image.size_ = raw.size;
    image.capacity_ = raw.capacity;
    return image;
  }
  void swap(Image& other) noexcept {
    std::swap(data_, other.data_);
    std::swap(size_, other.size_);
    std::swap(capacity_, other.capacity_);
    std::swap(lent_, other.lent_);
  }

 private:
  std::byte* data_ = nullptr;
  std::size_t size_ = 0, capacity_ = 0;
  std::unique_ptr<Lent> lent_;
};

}  // namespace weft::contracts
