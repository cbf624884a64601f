#include "host/secrets/secret_bytes.h"

#include <sodium.h>

#include <algorithm>
#include <cstring>
#include <new>

namespace weft::secrets {

SecretBytes::SecretBytes(std::size_t size) : size_(size) {
  if (size == 0) return;
  if (sodium_init() < 0) throw std::bad_alloc();
  data_ = static_cast<std::byte*>(sodium_malloc(size));
  if (data_ == nullptr) throw std::bad_alloc();
  std::memset(data_, 0, size);
}

SecretBytes::~SecretBytes() {
  if (data_ != nullptr) sodium_free(data_);
}

void SecretBytes::resize(std::size_t size) {
  SecretBytes made(size);
  if (const auto kept = std::min(size, size_); kept != 0) std::memcpy(made.data_, data_, kept);
  *this = std::move(made);
}

}  // namespace weft::secrets
