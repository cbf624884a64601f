// wasi-libc speaks WASI preview 1. These are the names under which it calls the host: a definition
// wins over the import, so a component has no preview 1 imports and needs no adapter. The linker
// drops what nothing calls.
#pragma once
#include <cstdint>
#include <wit/core.hpp>

namespace preview1 {

using errno_t = std::int32_t;
inline constexpr errno_t success = 0, again_later = 6, bad_descriptor = 8, broken_pipe = 64,
                         io_error = 29, not_supported = 58;

// Addresses and sizes arrive as signed core values.
using word = std::int32_t;
inline std::byte* at(word a) { return wit::at_address(static_cast<wit::address>(a)); }
template <class T>
void put(word a, T value) {
  wit::raw_store(at(a), value);
}

}  // namespace preview1

#define PREVIEW1(name) __imported_wasi_snapshot_preview1_##name
