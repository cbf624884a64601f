// A discriminant and the payload of one of several cases: option, result, variant.
#pragma once
#include <algorithm>
#include <expected>
#include <optional>
#include <variant>

#include "core.hpp"

namespace wit {

template <class... P>
struct cases {
  static constexpr std::size_t tag = sizeof...(P) <= 256 ? 1 : 2;
  static constexpr std::size_t align = std::max({tag, abi<P>::align...});
  static constexpr std::size_t offset = round_up(tag, std::max({std::size_t{1}, abi<P>::align...}));
  static constexpr std::size_t size = round_up(offset + std::max({abi<P>::size...}), align);
  static constexpr std::size_t flat = 1 + std::max({abi<P>::flat...});

  static void store_tag(std::byte* p, std::size_t i) {
    if constexpr (tag == 1)
      raw_store(p, static_cast<std::uint8_t>(i));
    else
      raw_store(p, static_cast<std::uint16_t>(i));
  }
  static std::size_t load_tag(std::byte const* p) {
    if constexpr (tag == 1)
      return raw_load<std::uint8_t>(p);
    else
      return raw_load<std::uint16_t>(p);
  }
  // payload(out) writes the slots of the case; those that it does not fill are zero.
  static void lower(slot*& out, std::size_t i, auto&& payload) {
    auto* end = out + flat;
    *out++ = i;
    payload(out);
    while (out != end) *out++ = 0;
  }
};

template <class T>
struct abi<std::optional<T>> : cases<void, T> {
  using shape = cases<void, T>;
  static void store(std::optional<T> const& v, std::byte* p, scratch& s) {
    shape::store_tag(p, v.has_value());
    if (v) abi<T>::store(*v, p + shape::offset, s);
  }
  static std::optional<T> load(std::byte const* p) {
    std::optional<T> v;
    if (shape::load_tag(p)) v.emplace(abi<T>::load(p + shape::offset));
    return v;
  }
  static void lower(std::optional<T> const& v, slot*& out, scratch& s) {
    shape::lower(out, v.has_value(), [&](slot*& o) {
      if (v) abi<T>::lower(*v, o, s);
    });
  }
  static std::optional<T> lift(slot const*& in) {
    auto const* end = in + shape::flat;
    std::optional<T> v;
    if (*in++) v.emplace(abi<T>::lift(in));
    in = end;
    return v;
  }
};

template <class T, class E>
struct abi<std::expected<T, E>> : cases<T, E> {
  using shape = cases<T, E>;
  using value = std::expected<T, E>;
  static void store(value const& v, std::byte* p, scratch& s) {
    shape::store_tag(p, !v);
    if (!v)
      abi<E>::store(v.error(), p + shape::offset, s);
    else if constexpr (!std::is_void_v<T>)
      abi<T>::store(*v, p + shape::offset, s);
  }
  static value load(std::byte const* p) {
    if (shape::load_tag(p)) return value(std::unexpect, abi<E>::load(p + shape::offset));
    if constexpr (std::is_void_v<T>)
      return {};
    else
      return value(std::in_place, abi<T>::load(p + shape::offset));
  }
  static void lower(value const& v, slot*& out, scratch& s) {
    shape::lower(out, !v, [&](slot*& o) {
      if (!v)
        abi<E>::lower(v.error(), o, s);
      else if constexpr (!std::is_void_v<T>)
        abi<T>::lower(*v, o, s);
    });
  }
  static value lift(slot const*& in) {
    auto const* payload = in + 1;
    auto failed = *in != 0;
    in += shape::flat;
    if (failed) return value(std::unexpect, abi<E>::lift(payload));
    if constexpr (std::is_void_v<T>)
      return {};
    else
      return value(std::in_place, abi<T>::lift(payload));
  }
};

// A case of a generated variant: an empty struct, or one with a member `value`.
template <class C>
struct payload {
  using type = void;
};
template <class C>
  requires requires(C c) { c.value; }
struct payload<C> {
  using type = decltype(C::value);
};

// Generated: template <> struct abi<v> : variant<v, v::a, v::b> {};
template <class V, class... C>
struct variant : cases<typename payload<C>::type...> {
  using shape = cases<typename payload<C>::type...>;
  using indices = std::index_sequence_for<C...>;

  static void each(V const& v, auto&& f) {
    [&]<std::size_t... I>(std::index_sequence<I...>) {
      ((v.index() == I ? f(*std::get_if<I>(&v)) : void()), ...);
    }(indices{});
  }
  static V make(std::size_t tag, auto&& f) {
    std::optional<V> v;
    [&]<std::size_t... I>(std::index_sequence<I...>) {
      ((tag == I ? void(v.emplace(f(std::type_identity<C>{}))) : void()), ...);
    }(indices{});
    if (!v) __builtin_trap();
    return std::move(*v);
  }
  static void store(V const& v, std::byte* p, scratch& s) {
    shape::store_tag(p, v.index());
    each(v, [&](auto const& c) {
      if constexpr (requires { c.value; })
        abi_of<decltype(c.value)>::store(c.value, p + shape::offset, s);
    });
  }
  static V load(std::byte const* p) {
    return make(shape::load_tag(p), [&]<class X>(std::type_identity<X>) {
      if constexpr (requires(X x) { x.value; })
        return X{abi_of<decltype(X::value)>::load(p + shape::offset)};
      else
        return X{};
    });
  }
  static void lower(V const& v, slot*& out, scratch& s) {
    shape::lower(out, v.index(), [&](slot*& o) {
      each(v, [&](auto const& c) {
        if constexpr (requires { c.value; }) abi_of<decltype(c.value)>::lower(c.value, o, s);
      });
    });
  }
  static V lift(slot const*& in) {
    auto const* payload = in + 1;
    auto tag = *in;
    in += shape::flat;
    return make(tag, [&]<class X>(std::type_identity<X>) {
      if constexpr (requires(X x) { x.value; })
        return X{abi_of<decltype(X::value)>::lift(payload)};
      else
        return X{};
    });
  }
};

}  // namespace wit
