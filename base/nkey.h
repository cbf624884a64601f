// Keys as NATS and wasmCloud write them: bytes and their checksum in base32, so that the first
// letters tell what kind of key it is.
#pragma once
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace weft {

// `bytes` begin with those that stand for the kind.
std::string nkey_text(std::span<const std::uint8_t> bytes);
// The same bytes; nothing when a letter or the checksum is wrong.
std::optional<std::vector<std::uint8_t>> nkey_bytes(std::string_view text);

}  // namespace weft
