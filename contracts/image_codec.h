// C++ values to and from the canonical image (contracts/image.h), described once per type by
// Layout<T>.
//
//   WIT                         C++
//   bool, s8…u64, f32, f64      bool, std::int8_t…std::uint64_t, float, double (flags: the unsigned
//   integer) char                        char32_t string                      std::string;
//   std::string_view (decoded: a view into the image) list<T>                     std::vector<T>;
//   std::span<const T> (decoded: bytes only, a view into the image) option<T> std::optional<T>
//   result<T, E>                std::expected<T, E>; std::monostate for a missing E, void for a
//   missing T tuple                       std::tuple enum                        enum class:
//   std::uint8_t, with k_enum_cases<E> specialised to their number variant std::variant of cases:
//   an empty struct is a case without payload, a struct with one
//                               member `value` is a case with that payload, other types are their
//                               own payload
//   record                      struct, with `template <> struct Layout<R> : Record<R, &R::a,
//   &R::b> {};` own, borrow                 std::uint32_t
#pragma once
#include <algorithm>
#include <array>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <expected>
#include <new>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include "base/result.h"
#include "contracts/image.h"

namespace weft::contracts {

// For each type T:
//   size, align          in the image
//   extend(v, end)       moves `end` past what v appends
//   store(v, at, out)    writes v to `at`, and what it appends to the end
//   load(at, in)         reads a T; after a failure of `in` the result means nothing
template <class T>
struct Layout;
template <class T>
using LayoutOf = Layout<std::remove_cvref_t<T>>;

template <class E>
inline constexpr std::size_t k_enum_cases = 0;

constexpr std::size_t align_up(std::size_t at, std::size_t align) {
  return (at + align - 1) / align * align;
}

// Fills an image whose size was computed before, so that nothing moves while it is written.
class ImageWriter {
 public:
  ImageWriter(std::byte* data, std::size_t end) : data_(data), end_(end) {}

  template <class T>
  void put(std::size_t at, T value) {
    std::memcpy(data_ + at, &value, sizeof value);
  }
  // Room for the elements of a list, whose pointer and length stand at `at`.
  std::size_t append(std::size_t at, std::size_t count, std::size_t size, std::size_t align) {
    const auto start = align_up(end_, align);
    end_ = start + count * size;
    put(at, static_cast<std::uint32_t>(start));
    put(at + 4, static_cast<std::uint32_t>(count));
    return start;
  }
  void copy(std::size_t at, const void* from, std::size_t size) {
    if (size != 0) std::memcpy(data_ + at, from, size);
  }

 private:
  std::byte* data_;
  std::size_t end_;
};

// Reads an image that may be anything: every access is checked, and what lists hold together is
// never more than the image, so that overlapping lists cannot multiply.
class ImageReader {
 public:
  // `size` is that of the tuple at offset 0.
  ImageReader(std::span<const std::byte> image, std::size_t size);

  bool failed() const noexcept { return why_ != nullptr; }
  void fail(const char* why, std::size_t at) noexcept;
  Error error() const;

  // `at` lies in the tuple or in a list that elements() returned.
  template <class T>
  T get(std::size_t at) const noexcept {
    T value{};
    if (!failed()) std::memcpy(&value, image_.data() + at, sizeof value);
    return value;
  }
  struct List {
    std::size_t start = 0;
    std::size_t count = 0;
  };
  // The list whose pointer and length stand at `at`; an empty one after a failure.
  List elements(std::size_t at, std::size_t size, std::size_t align) noexcept;
  std::span<const std::byte> bytes(std::size_t at) noexcept;
  // Checked to be UTF-8.
  std::string_view text(std::size_t at) noexcept;
  // The discriminant of one of `cases`, 1 to 4 bytes wide.
  std::size_t discriminant(std::size_t at, std::size_t width, std::size_t cases) noexcept;
  const std::byte* data() const noexcept { return image_.data(); }

 private:
  std::span<const std::byte> image_;
  std::size_t budget_;  // bytes that further lists may hold
  const char* why_ = nullptr;
  std::size_t where_ = 0;
};

bool valid_utf8(std::string_view text) noexcept;

template <class T>
  requires std::is_arithmetic_v<T>
struct Layout<T> {
  static constexpr std::size_t size = sizeof(T), align = sizeof(T);
  static void extend(T, std::size_t&) {}
  static void store(T value, std::size_t at, ImageWriter& out) { out.put(at, value); }
  static T load(std::size_t at, ImageReader& in) {
    if constexpr (std::same_as<T, bool>) {
      const auto byte = in.get<std::uint8_t>(at);
      if (byte > 1) in.fail("a bool is neither 0 nor 1", at);
      return byte == 1;
    } else if constexpr (std::same_as<T, char32_t>) {
      const auto code = in.get<std::uint32_t>(at);
      if (code > 0x10ffff || (code >= 0xd800 && code < 0xe000))
        in.fail("a char is no Unicode scalar value", at);
      return code;
    } else {
      return in.get<T>(at);
    }
  }
};

template <>
struct Layout<std::byte> {
  static constexpr std::size_t size = 1, align = 1;
  static void extend(std::byte, std::size_t&) {}
  static void store(std::byte value, std::size_t at, ImageWriter& out) { out.put(at, value); }
  static std::byte load(std::size_t at, ImageReader& in) { return in.get<std::byte>(at); }
};

template <class T>
  requires(k_enum_cases<T> > 0)
struct Layout<T> {
  static_assert(sizeof(T) == 1 && k_enum_cases<T> <= 256);
  static constexpr std::size_t size = 1, align = 1;
  static void extend(T, std::size_t&) {}
  static void store(T value, std::size_t at, ImageWriter& out) {
    out.put(at, std::to_underlying(value));
  }
  static T load(std::size_t at, ImageReader& in) {
    return T(in.discriminant(at, 1, k_enum_cases<T>));
  }
};

// The missing half of a result, the payload of a case without one.
template <>
struct Layout<void> {
  static constexpr std::size_t size = 0, align = 1;
};
template <>
struct Layout<std::monostate> : Layout<void> {
  static void extend(std::monostate, std::size_t&) {}
  static void store(std::monostate, std::size_t, ImageWriter&) {}
  static std::monostate load(std::size_t, ImageReader&) { return {}; }
};

template <class T>
inline constexpr bool k_is_byte = std::same_as<T, std::byte> || std::same_as<T, std::uint8_t>;
// Elements that lie in a list as they lie in C++, and whose every pattern is a value.
template <class T>
inline constexpr bool k_plain =
    k_is_byte<T> ||
    (std::is_arithmetic_v<T> && !std::same_as<T, bool> && !std::same_as<T, char32_t>);

template <class List, class T>
struct ListLayout {
  static_assert(Layout<T>::size > 0);
  static constexpr std::size_t size = 8, align = 4;

  static void extend(const List& list, std::size_t& end) {
    end = align_up(end, Layout<T>::align) + list.size() * Layout<T>::size;
    if constexpr (!k_plain<T> && !std::same_as<T, char>) {
      for (const T& element : list) Layout<T>::extend(element, end);
    }
  }
  static void store(const List& list, std::size_t at, ImageWriter& out) {
    auto start = out.append(at, list.size(), Layout<T>::size, Layout<T>::align);
    if constexpr (k_plain<T> || std::same_as<T, char>) {
      out.copy(start, list.data(), list.size() * sizeof(T));
    } else {
      for (const T& element : list) {
        Layout<T>::store(element, start, out);
        start += Layout<T>::size;
      }
    }
  }
};

template <>
struct Layout<std::string_view> : ListLayout<std::string_view, char> {
  static std::string_view load(std::size_t at, ImageReader& in) { return in.text(at); }
};
template <>
struct Layout<std::string> : ListLayout<std::string, char> {
  static std::string load(std::size_t at, ImageReader& in) { return std::string(in.text(at)); }
};
template <class T>
struct Layout<std::span<const T>> : ListLayout<std::span<const T>, T> {
  static std::span<const T> load(std::size_t at, ImageReader& in)
    requires k_is_byte<T>
  {
    const auto bytes = in.bytes(at);
    return {reinterpret_cast<const T*>(bytes.data()), bytes.size()};
  }
};
template <class T>
struct Layout<std::vector<T>> : ListLayout<std::vector<T>, T> {
  static std::vector<T> load(std::size_t at, ImageReader& in) {
    auto [start, count] = in.elements(at, Layout<T>::size, Layout<T>::align);
    std::vector<T> list;
    if constexpr (k_plain<T>) {
      list.resize(count);
      if (count != 0) std::memcpy(list.data(), in.data() + start, count * sizeof(T));
    } else {
      list.reserve(count);
      for (; count != 0 && !in.failed(); --count, start += Layout<T>::size) {
        list.push_back(Layout<T>::load(start, in));
      }
    }
    return list;
  }
};

// One after the other: tuples, records, parameters.
template <class... F>
struct Fields {
  static constexpr std::size_t align = std::max({std::size_t{1}, LayoutOf<F>::align...});
  static constexpr auto offsets = [] {
    std::array<std::size_t, sizeof...(F) + 1> result{};
    std::size_t at = 0, i = 0;
    ((at = align_up(at, LayoutOf<F>::align), result[i++] = at, at += LayoutOf<F>::size), ...);
    result[i] = align_up(at, align);
    return result;
  }();
  static constexpr std::size_t size = offsets[sizeof...(F)];
};

// Elements may be references, as std::tie and std::forward_as_tuple make them, when only encoding.
template <class... T>
struct Layout<std::tuple<T...>> : Fields<T...> {
  static void extend(const std::tuple<T...>& value, std::size_t& end) {
    std::apply([&](const auto&... field) { (LayoutOf<decltype(field)>::extend(field, end), ...); },
               value);
  }
  static void store(const std::tuple<T...>& value, std::size_t at, ImageWriter& out) {
    [&]<std::size_t... I>(std::index_sequence<I...>) {
      (LayoutOf<T>::store(std::get<I>(value), at + Fields<T...>::offsets[I], out), ...);
    }(std::index_sequence_for<T...>{});
  }
  static std::tuple<T...> load(std::size_t at, ImageReader& in) {
    return [&]<std::size_t... I>(std::index_sequence<I...>) {
      return std::tuple<T...>{Layout<T>::load(at + Fields<T...>::offsets[I], in)...};
    }(std::index_sequence_for<T...>{});
  }
};

template <class M>
struct MemberOf;
template <class R, class T>
struct MemberOf<T R::*> {
  using Type = T;
};

template <class R, auto... M>
struct Record : Fields<typename MemberOf<decltype(M)>::Type...> {
  using Shape = Fields<typename MemberOf<decltype(M)>::Type...>;
  static void extend(const R& value, std::size_t& end) {
    (LayoutOf<decltype(value.*M)>::extend(value.*M, end), ...);
  }
  static void store(const R& value, std::size_t at, ImageWriter& out) {
    [&]<std::size_t... I>(std::index_sequence<I...>) {
      (LayoutOf<decltype(value.*M)>::store(value.*M, at + Shape::offsets[I], out), ...);
    }(std::make_index_sequence<sizeof...(M)>{});
  }
  static R load(std::size_t at, ImageReader& in) {
    return [&]<std::size_t... I>(std::index_sequence<I...>) {
      return R{Layout<typename MemberOf<decltype(M)>::Type>::load(at + Shape::offsets[I], in)...};
    }(std::make_index_sequence<sizeof...(M)>{});
  }
};

// A discriminant, then the payload of one of several cases.
template <class... P>
struct Cases {
  static constexpr std::size_t count = sizeof...(P);
  static constexpr std::size_t width = count <= 256 ? 1 : 2;
  static constexpr std::size_t align = std::max({width, Layout<P>::align...});
  static constexpr std::size_t payload =
      align_up(width, std::max({std::size_t{1}, Layout<P>::align...}));
  static constexpr std::size_t size = align_up(payload + std::max({Layout<P>::size...}), align);

  static void store_case(std::size_t index, std::size_t at, ImageWriter& out) {
    if constexpr (width == 1) out.put(at, static_cast<std::uint8_t>(index));
    if constexpr (width == 2) out.put(at, static_cast<std::uint16_t>(index));
  }
  static std::size_t load_case(std::size_t at, ImageReader& in) {
    return in.discriminant(at, width, count);
  }
};

template <class T>
struct Layout<std::optional<T>> : Cases<void, T> {
  using Shape = Cases<void, T>;
  static void extend(const std::optional<T>& value, std::size_t& end) {
    if (value) Layout<T>::extend(*value, end);
  }
  static void store(const std::optional<T>& value, std::size_t at, ImageWriter& out) {
    Shape::store_case(value ? 1 : 0, at, out);
    if (value) Layout<T>::store(*value, at + Shape::payload, out);
  }
  static std::optional<T> load(std::size_t at, ImageReader& in) {
    if (Shape::load_case(at, in) == 0) return std::nullopt;
    return std::optional<T>(std::in_place, Layout<T>::load(at + Shape::payload, in));
  }
};

template <class T, class E>
struct Layout<std::expected<T, E>> : Cases<T, E> {
  using Shape = Cases<T, E>;
  using Value = std::expected<T, E>;
  static void extend(const Value& value, std::size_t& end) {
    if (!value) {
      Layout<E>::extend(value.error(), end);
    } else if constexpr (!std::is_void_v<T>) {
      Layout<T>::extend(*value, end);
    }
  }
  static void store(const Value& value, std::size_t at, ImageWriter& out) {
    Shape::store_case(value ? 0 : 1, at, out);
    if (!value) {
      Layout<E>::store(value.error(), at + Shape::payload, out);
    } else if constexpr (!std::is_void_v<T>) {
      Layout<T>::store(*value, at + Shape::payload, out);
    }
  }
  static Value load(std::size_t at, ImageReader& in) {
    if (Shape::load_case(at, in) == 1)
      return std::unexpected(Layout<E>::load(at + Shape::payload, in));
    if constexpr (std::is_void_v<T>) {
      return {};
    } else {
      return Value(std::in_place, Layout<T>::load(at + Shape::payload, in));
    }
  }
};

template <class C>
struct Payload {
  using Type = C;
  // NOLINTNEXTLINE(bugprone-return-const-ref-from-parameter): of a variant that the caller holds
  static const C& of(const C& value) { return value; }
  static C wrap(C payload) { return payload; }
};
template <class C>
  requires std::is_empty_v<C>
struct Payload<C> {
  using Type = void;
};
template <class C>
  requires requires(C c) { c.value; }
struct Payload<C> {
  using Type = decltype(C::value);
  static const Type& of(const C& value) { return value.value; }
  static C wrap(Type payload) { return C{std::move(payload)}; }
};

template <class... C>
struct Layout<std::variant<C...>> : Cases<typename Payload<C>::Type...> {
  using Shape = Cases<typename Payload<C>::Type...>;
  using Value = std::variant<C...>;

  static void extend(const Value& value, std::size_t& end) {
    std::visit(
        [&]<class X>(const X& chosen) {
          using P = typename Payload<X>::Type;
          if constexpr (!std::is_void_v<P>) Layout<P>::extend(Payload<X>::of(chosen), end);
        },
        value);
  }
  static void store(const Value& value, std::size_t at, ImageWriter& out) {
    Shape::store_case(value.index(), at, out);
    std::visit(
        [&]<class X>(const X& chosen) {
          using P = typename Payload<X>::Type;
          if constexpr (!std::is_void_v<P>)
            Layout<P>::store(Payload<X>::of(chosen), at + Shape::payload, out);
        },
        value);
  }
  static Value load(std::size_t at, ImageReader& in) {
    const auto index = Shape::load_case(at, in);
    Value value;
    [&]<std::size_t... I>(std::index_sequence<I...>) {
      ((index == I ? load_into<I>(value, at, in) : void()), ...);
    }(std::index_sequence_for<C...>{});
    return value;
  }

 private:
  template <std::size_t I>
  static void load_into(Value& value, std::size_t at, ImageReader& in) {
    using X = std::variant_alternative_t<I, Value>;
    using P = typename Payload<X>::Type;
    if constexpr (std::is_void_v<P>) {
      value.template emplace<I>();
    } else {
      value.template emplace<I>(Payload<X>::wrap(Layout<P>::load(at + Shape::payload, in)));
    }
  }
};

// The image of parameters or results. Text must be UTF-8. Throws std::bad_alloc, also past 4 GiB.
template <class... T>
Image encode(const std::tuple<T...>& values) {
  using Shape = Layout<std::tuple<T...>>;
  std::size_t end = Shape::size;
  Shape::extend(values, end);
  if (end > UINT32_MAX) throw std::bad_alloc();
  Image image(end);
  ImageWriter out(image.data(), Shape::size);
  if (end != 0) Shape::store(values, 0, out);
  return image;
}

// The values in an image from anywhere. Views in `Tuple` point into the image and live as long as
// it does. invalid: says what is wrong and at which offset.
template <class Tuple>
Result<Tuple> decode(std::span<const std::byte> image) {
  ImageReader in(image, Layout<Tuple>::size);
  if (in.failed()) return std::unexpected(in.error());
  Tuple values = Layout<Tuple>::load(0, in);
  if (in.failed()) return std::unexpected(in.error());
  return values;
}
template <class Tuple>
Result<Tuple> decode(const Image& image [[clang::lifetimebound]]) {
  return decode<Tuple>(image.bytes());
}

}  // namespace weft::contracts
