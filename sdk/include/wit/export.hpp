// Answering calls of exports, and resources that a component implements itself.
#pragma once
#include "abi.hpp"

namespace wit {

// Defined by the EXPORT macro of an interface: how the host makes, finds and drops handles of T.
template <class T>
struct exported;

// An owned handle of a resource of our own: made from a T, which then lives until the last owner
// drops it.
template <class T>
class own {
 public:
  own(T value) : own(std::in_place, std::move(value)) {}
  own(std::in_place_t, auto&&... a)
      : handle_(exported<T>::make(new T(std::forward<decltype(a)>(a)...))) {}
  own(adopt_t, std::int32_t handle) : handle_(handle) {}
  own(own&& o) noexcept : handle_(o.release()) {}
  own& operator=(own&& o) noexcept {
    std::swap(handle_, o.handle_);
    return *this;
  }
  ~own() {
    if (handle_) exported<T>::drop(handle_);
  }
  std::int32_t release() const { return std::exchange(handle_, 0); }
  T& operator*() const { return *exported<T>::rep(handle_); }
  T* operator->() const { return exported<T>::rep(handle_); }

 private:
  mutable std::int32_t handle_;
};

template <class T>
struct abi<own<T>> : handle_abi {
  static void store(own<T> const& r, std::byte* p, scratch&) { raw_store(p, r.release()); }
  static own<T> load(std::byte const* p) { return {adopt, raw_load<std::int32_t>(p)}; }
  static void lower(own<T> const& r, slot*& out, scratch&) {
    *out++ = static_cast<std::uint32_t>(r.release());
  }
  static own<T> lift(slot const*& in) { return {adopt, static_cast<std::int32_t>(*in++)}; }
};

// A lent handle of a resource of our own arrives as the pointer that it was made from.
template <class T>
struct self {
  T* p;
  operator T&() const { return *p; }
  T* operator->() const { return p; }
};
template <class T>
struct abi<self<T>> : handle_abi {
  static self<T> at(address a) { return {static_cast<T*>(static_cast<void*>(at_address(a)))}; }
  static self<T> load(std::byte const* p) { return at(raw_load<address>(p)); }
  static self<T> lift(slot const*& in) { return at(static_cast<address>(*in++)); }
};

template <class... P>
std::tuple<P...> lift_parameters(slot const* in) {
  if constexpr (fields<P...>::flat <= max_flat_parameters) {
    return std::tuple<P...>{abi<P>::lift(in)...};
  } else {
    auto* p = at_address(static_cast<address>(*in));
    auto t = abi<std::tuple<P...>>::load(p);
    std::free(p);
    return t;
  }
}

// A result that has to outlive the call, so that its strings need no copy; freed by the export's
// cabi_post. The area comes first: its address is the frame's.
template <class R>
struct result_frame {
  alignas(8) std::byte area[abi<R>::size];
  R value;
  scratch memory;
  explicit result_frame(R&& v) : value(std::move(v)) { abi<R>::store(value, area, memory); }
};

template <class... P>
struct parameters {};

// Writes out what printf and std::cout still hold: an instance may live for one call only. Defined
// in runtime.cpp.
void flush_output();

// Answers a call of an export: lifts the parameters P, calls f, lowers its result R.
template <class R, class CR, class... P, class F, class... C>
CR serve(parameters<P...>, F&& f, C... c) {
  slot const in[] = {from_core(c)..., 0};
  if constexpr (std::is_void_v<R>) {
    std::apply(f, lift_parameters<P...>(in));
    flush_output();
  } else if constexpr (abi<R>::flat <= 1) {
    scratch s;
    slot out = 0;
    slot* at = &out;
    abi<R>::lower(std::apply(f, lift_parameters<P...>(in)), at, s);
    flush_output();
    return to_core<CR>(out);
  } else {
    auto* frame = new result_frame<R>(std::apply(f, lift_parameters<P...>(in)));
    flush_output();
    return static_cast<CR>(address_of(frame));
  }
}

template <class R>
void release_result(std::int32_t area) {
  delete static_cast<result_frame<R>*>(static_cast<void*>(at_address(static_cast<address>(area))));
}

}  // namespace wit
