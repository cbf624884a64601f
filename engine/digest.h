// Hashes of binaries.
#pragma once
#include <string>
#include <string_view>

namespace weft::engine {

// SHA-256 in lower-case hex: names a component by its content, as registries do.
std::string sha256_hex(std::string_view bytes);
// BLAKE2b-256 in lower-case hex: several times faster, for what only we read.
std::string blake2b_hex(std::string_view bytes);

}  // namespace weft::engine
