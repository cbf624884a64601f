// Fields one after the other: tuples, records, and parameters that go through memory.
#pragma once
#include <algorithm>
#include <array>
#include <tuple>

#include "core.hpp"

namespace wit {

template <class... F>
struct fields {
  static constexpr std::size_t count = sizeof...(F);
  static constexpr std::size_t align = std::max({std::size_t{1}, abi<F>::align...});
  // Offset of each field, and after the last one the size.
  static constexpr auto layout = [] {
    std::array<std::size_t, count + 1> offsets{};
    std::size_t at = 0, i = 0;
    ((at = round_up(at, abi<F>::align), offsets[i++] = at, at += abi<F>::size), ...);
    offsets[i] = round_up(at, align);
    return offsets;
  }();
  static constexpr std::size_t size = layout[count];
  static constexpr std::size_t flat = (std::size_t{0} + ... + abi<F>::flat);
};

template <class... T>
struct abi<std::tuple<T...>> : fields<T...> {
  using tuple = std::tuple<T...>;
  using indices = std::index_sequence_for<T...>;
  static void store(tuple const& t, std::byte* p, scratch& s) {
    [&]<std::size_t... I>(std::index_sequence<I...>) {
      (abi<T>::store(std::get<I>(t), p + fields<T...>::layout[I], s), ...);
    }(indices{});
  }
  static tuple load(std::byte const* p) {
    return [&]<std::size_t... I>(std::index_sequence<I...>) {
      return tuple{abi<T>::load(p + fields<T...>::layout[I])...};
    }(indices{});
  }
  static void lower(tuple const& t, slot*& out, scratch& s) {
    std::apply([&](auto const&... v) { (abi_of<decltype(v)>::lower(v, out, s), ...); }, t);
  }
  static tuple lift(slot const*& in) { return tuple{abi<T>::lift(in)...}; }
};

template <class T>
struct member_type;
template <class R, class T>
struct member_type<T R::*> {
  using type = T;
};
template <class M>
using member_of = typename member_type<M>::type;

// Generated: template <> struct abi<r> : record<r, &r::a, &r::b> {};
template <class R, auto... M>
struct record : fields<member_of<decltype(M)>...> {
  using shape = fields<member_of<decltype(M)>...>;
  using indices = std::make_index_sequence<sizeof...(M)>;
  static void store(R const& r, std::byte* p, scratch& s) {
    [&]<std::size_t... I>(std::index_sequence<I...>) {
      (abi<member_of<decltype(M)>>::store(r.*M, p + shape::layout[I], s), ...);
    }(indices{});
  }
  static R load(std::byte const* p) {
    return [&]<std::size_t... I>(std::index_sequence<I...>) {
      return R{abi<member_of<decltype(M)>>::load(p + shape::layout[I])...};
    }(indices{});
  }
  static void lower(R const& r, slot*& out, scratch& s) {
    (abi<member_of<decltype(M)>>::lower(r.*M, out, s), ...);
  }
  static R lift(slot const*& in) { return R{abi<member_of<decltype(M)>>::lift(in)...}; }
};

}  // namespace wit
