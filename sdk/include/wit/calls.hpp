// Calling an import.
#pragma once
#include "aggregates.hpp"
#include "core.hpp"

namespace wit {

inline constexpr std::size_t max_flat_parameters = 16;

template <class C>
C to_core(slot v) {
  if constexpr (std::same_as<C, float>)
    return std::bit_cast<float>(static_cast<std::uint32_t>(v));
  else if constexpr (std::same_as<C, double>)
    return std::bit_cast<double>(v);
  else
    return static_cast<C>(v);
}
inline slot from_core(std::int32_t v) { return static_cast<std::uint32_t>(v); }
inline slot from_core(std::int64_t v) { return static_cast<std::uint64_t>(v); }
inline slot from_core(float v) { return std::bit_cast<std::uint32_t>(v); }
inline slot from_core(double v) { return std::bit_cast<std::uint64_t>(v); }

template <class R, class... C>
R invoke(R (*f)(C...), slot const* in) {
  return [&]<std::size_t... I>(std::index_sequence<I...>) {
    return f(to_core<C>(in[I])...);
  }(std::index_sequence_for<C...>{});
}

// Parameters become slots, or, when they are too many, one pointer to them in memory.
template <class... A>
void lower_parameters(slot*& out, scratch& s, A const&... a) {
  using shape = fields<A...>;
  if constexpr (shape::flat <= max_flat_parameters) {
    (abi<A>::lower(a, out, s), ...);
  } else {
    auto* p = s.take(shape::size);
    std::size_t i = 0;
    (abi<A>::store(a, p + shape::layout[i++], s), ...);
    *out++ = address_of(p);
  }
}

// R call(core import, arguments). Views in the arguments must live until it returns.
template <class R, class CR, class... C, class... A>
R call(CR (*core)(C...), A const&... a) {
  slot in[sizeof...(C) + 1];
  slot* at = in;
  scratch s;
  lower_parameters(at, s, a...);
  if constexpr (std::is_void_v<R>) {
    invoke(core, in);
  } else if constexpr (abi<R>::flat <= 1) {
    slot out = from_core(invoke(core, in));
    slot const* from = &out;
    return abi<R>::lift(from);
  } else {
    alignas(8) std::byte area[abi<R>::size];
    *at++ = address_of(area);
    invoke(core, in);
    return abi<R>::load(area);
  }
}

}  // namespace wit
