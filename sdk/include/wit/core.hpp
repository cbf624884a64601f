// Ground of the canonical ABI: addresses, memory of a call, and the primary template abi<T>.
//
// abi<T> says how T lies in linear memory (size, align, store, load) and how it is passed as core
// values (flat, lower, lift). What store and lower write may point into the value itself and into
// the scratch; load and lift take over memory that the other side allocated with cabi_realloc.
// Everything traps on broken promises and throws nothing.
#pragma once
#include <bit>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <type_traits>
#include <utility>
#include <variant>

namespace wit {

using unit = std::monostate;    // the missing half of `result<_, e>` and `result<t>`
using slot = std::uint64_t;     // one flat value, as its bits
using address = std::uint32_t;  // a pointer of linear memory

#ifdef __wasm__
inline address address_of(void const* p) {
  return static_cast<address>(reinterpret_cast<std::uintptr_t>(p));
}
inline std::byte* at_address(address a) {
  return reinterpret_cast<std::byte*>(static_cast<std::uintptr_t>(a));
}
#else
// Unit tests run natively, where a pointer has no room in 32 bits: they supply a table of pointers.
address address_of(void const* p);
std::byte* at_address(address a);
#endif

template <class T>
T raw_load(std::byte const* p) {
  T v;
  std::memcpy(&v, p, sizeof v);
  return v;
}
template <class T>
void raw_store(std::byte* p, T v) {
  std::memcpy(p, &v, sizeof v);
}

constexpr std::size_t round_up(std::size_t n, std::size_t align) {
  return (n + align - 1) / align * align;
}

// Memory for lowered lists; lives as long as the call that needs it.
class scratch {
 public:
  scratch() = default;
  scratch(scratch&&) = delete;
  ~scratch() {
    while (blocks_) std::free(std::exchange(blocks_, blocks_->next));
  }
  std::byte* take(std::size_t size) {
    void* memory = std::malloc(header + size);
    if (!memory) __builtin_trap();
    blocks_ = new (memory) block{blocks_};
    return static_cast<std::byte*>(memory) + header;
  }

 private:
  struct block {
    block* next;
  };
  static constexpr std::size_t header = 16;  // keeps the alignment of malloc
  block* blocks_ = nullptr;
};

template <class T>
struct abi;
template <class T>
using abi_of = abi<std::remove_cvref_t<T>>;

// Lists of such types are passed without a copy.
template <class T>
inline constexpr bool same_layout = std::is_arithmetic_v<T> || std::is_enum_v<T>;

template <>
struct abi<void> {
  static constexpr std::size_t size = 0, align = 1, flat = 0;
};

template <>
struct abi<unit> : abi<void> {
  static void store(unit, std::byte*, scratch&) {}
  static unit load(std::byte const*) { return {}; }
  static void lower(unit, slot*&, scratch&) {}
  static unit lift(slot const*&) { return {}; }
};

// Integers, floats, bool and char32_t.
template <class T>
  requires std::is_arithmetic_v<T>
struct abi<T> {
  static constexpr std::size_t size = sizeof(T), align = sizeof(T), flat = 1;
  static void store(T v, std::byte* p, scratch&) { raw_store(p, v); }
  static T load(std::byte const* p) {
    if constexpr (std::same_as<T, bool>)
      return raw_load<std::uint8_t>(p) != 0;
    else
      return raw_load<T>(p);
  }
  static void lower(T v, slot*& out, scratch&) {
    if constexpr (std::same_as<T, float>)
      *out++ = std::bit_cast<std::uint32_t>(v);
    else if constexpr (std::same_as<T, double>)
      *out++ = std::bit_cast<std::uint64_t>(v);
    else if constexpr (sizeof(T) == 8)
      *out++ = static_cast<std::uint64_t>(v);
    else
      *out++ = static_cast<std::uint32_t>(v);
  }
  static T lift(slot const*& in) {
    if constexpr (std::same_as<T, float>)
      return std::bit_cast<float>(static_cast<std::uint32_t>(*in++));
    else if constexpr (std::same_as<T, double>)
      return std::bit_cast<double>(*in++);
    else
      return static_cast<T>(*in++);
  }
};

// Enums and flags.
template <class T>
  requires std::is_enum_v<T>
struct abi<T> {
  using raw = abi<std::underlying_type_t<T>>;
  static constexpr std::size_t size = raw::size, align = raw::align, flat = 1;
  static void store(T v, std::byte* p, scratch& s) { raw::store(std::to_underlying(v), p, s); }
  static T load(std::byte const* p) { return T{raw::load(p)}; }
  static void lower(T v, slot*& out, scratch& s) { raw::lower(std::to_underlying(v), out, s); }
  static T lift(slot const*& in) { return T{raw::lift(in)}; }
};

}  // namespace wit

// The operators of a flags type.
#define WIT_FLAGS(F)                                                                           \
  constexpr F operator|(F a, F b) { return F(std::to_underlying(a) | std::to_underlying(b)); } \
  constexpr F operator&(F a, F b) { return F(std::to_underlying(a) & std::to_underlying(b)); } \
  constexpr F operator~(F a) { return F(~std::to_underlying(a)); }
