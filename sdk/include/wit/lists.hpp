// Strings and lists: passed as a pointer and a length.
#pragma once
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core.hpp"

namespace wit {

struct list_shape {
  static constexpr std::size_t size = 8, align = 4, flat = 2;
};

// Where a list lies: the caller's own memory when its items have the layout of the ABI, else a copy
// in the scratch.
template <class T>
std::byte const* lower_items(std::span<T const> list, scratch& s) {
  if constexpr (same_layout<T>) {
    return reinterpret_cast<std::byte const*>(list.data());
  } else {
    auto* out = s.take(list.size() * abi<T>::size);
    for (std::size_t i = 0; i < list.size(); ++i) abi<T>::store(list[i], out + i * abi<T>::size, s);
    return out;
  }
}

// L is anything contiguous with items T.
template <class L, class T>
struct list_lower : list_shape {
  static std::byte const* items(L const& l, scratch& s) {
    return lower_items(std::span<T const>(l.data(), l.size()), s);
  }
  static void store(L const& l, std::byte* p, scratch& s) {
    raw_store(p, address_of(items(l, s)));
    raw_store(p + 4, static_cast<std::uint32_t>(l.size()));
  }
  static void lower(L const& l, slot*& out, scratch& s) {
    *out++ = address_of(items(l, s));
    *out++ = l.size();
  }
};

// Adds load and lift on top of take(pointer, length), which frees what it was given.
template <class Self, class L>
struct list_lift {
  static L load(std::byte const* p) {
    return Self::take(at_address(raw_load<address>(p)), raw_load<std::uint32_t>(p + 4));
  }
  static L lift(slot const*& in) {
    auto* data = at_address(static_cast<address>(*in++));
    return Self::take(data, static_cast<std::uint32_t>(*in++));
  }
};

template <>
struct abi<std::string_view> : list_lower<std::string_view, char> {};

template <class T>
struct abi<std::span<T const>> : list_lower<std::span<T const>, T> {};

template <>
struct abi<std::string> : list_lower<std::string, char>, list_lift<abi<std::string>, std::string> {
  static std::string take(std::byte* data, std::size_t length) {
    if (!length) return {};  // nothing was allocated
    std::string s(reinterpret_cast<char const*>(data), length);
    std::free(data);
    return s;
  }
};

template <class T>
struct abi<std::vector<T>> : list_lower<std::vector<T>, T>,
                             list_lift<abi<std::vector<T>>, std::vector<T>> {
  static std::vector<T> take(std::byte* data, std::size_t length) {
    std::vector<T> v;
    if (!length) return v;
    if constexpr (same_layout<T>) {
      auto* first = reinterpret_cast<T const*>(data);
      v.assign(first, first + length);
    } else {
      v.reserve(length);
      for (std::size_t i = 0; i < length; ++i) v.push_back(abi<T>::load(data + i * abi<T>::size));
    }
    std::free(data);
    return v;
  }
};

// Packed in bits by the standard, one byte each in the ABI.
template <>
struct abi<std::vector<bool>> : list_shape, list_lift<abi<std::vector<bool>>, std::vector<bool>> {
  static std::byte const* items(std::vector<bool> const& l, scratch& s) {
    auto* out = s.take(l.size());
    for (std::size_t i = 0; i < l.size(); ++i) out[i] = std::byte{l[i]};
    return out;
  }
  static void store(std::vector<bool> const& l, std::byte* p, scratch& s) {
    raw_store(p, address_of(items(l, s)));
    raw_store(p + 4, static_cast<std::uint32_t>(l.size()));
  }
  static void lower(std::vector<bool> const& l, slot*& out, scratch& s) {
    *out++ = address_of(items(l, s));
    *out++ = l.size();
  }
  static std::vector<bool> take(std::byte* data, std::size_t length) {
    std::vector<bool> v(length);
    for (std::size_t i = 0; i < length; ++i) v[i] = data[i] != std::byte{0};
    if (length) std::free(data);
    return v;
  }
};

}  // namespace wit
