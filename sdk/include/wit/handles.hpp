// Handles of resources that a component imports.
#pragma once
#include "core.hpp"

namespace wit {

struct adopt_t {};
inline constexpr adopt_t adopt;

struct handle_tag {};

// Owns a handle; Self::close_ is the import that closes it. Passing a resource by value gives it
// away: it is empty after that. A handle that was lent to an export is held in the same way, and
// giving it back is the same import.
template <class Self>
class resource : public handle_tag {
 public:
  resource(adopt_t, std::int32_t handle) : handle_(handle) {}
  resource(resource&& other) noexcept : handle_(other.release()) {}
  resource& operator=(resource&& other) noexcept {
    if (this != &other) {
      reset();
      handle_ = other.release();
    }
    return *this;
  }
  ~resource() { reset(); }
  std::int32_t handle() const { return handle_; }
  std::int32_t release() const { return std::exchange(handle_, 0); }
  void reset() {
    if (auto h = release()) Self::close_(h);
  }

 private:
  mutable std::int32_t handle_ =
      0;  // 0 is never a valid handle; mutable because lowering takes it away
};

// What is inside of a generated class, whose own members may have the same names.
template <class R>
resource<R> const& inside(R const& r) {
  return r;
}

// A handle that stays with the caller.
template <class R>
struct borrow {
  std::int32_t handle;
  borrow(R const& r) : handle(inside(r).handle()) {}
};
template <class R>
inline constexpr bool same_layout<borrow<R>> = true;

struct handle_abi {
  static constexpr std::size_t size = 4, align = 4, flat = 1;
};

template <std::derived_from<handle_tag> R>
struct abi<R> : handle_abi {
  static void store(R const& r, std::byte* p, scratch&) { raw_store(p, inside(r).release()); }
  static R load(std::byte const* p) { return R{adopt, raw_load<std::int32_t>(p)}; }
  static void lower(R const& r, slot*& out, scratch&) {
    *out++ = static_cast<std::uint32_t>(inside(r).release());
  }
  static R lift(slot const*& in) { return R{adopt, static_cast<std::int32_t>(*in++)}; }
};

template <class R>
struct abi<borrow<R>> : handle_abi {
  static void store(borrow<R> r, std::byte* p, scratch&) { raw_store(p, r.handle); }
  static void lower(borrow<R> r, slot*& out, scratch&) {
    *out++ = static_cast<std::uint32_t>(r.handle);
  }
};

}  // namespace wit
