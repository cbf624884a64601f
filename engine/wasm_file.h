// Files that are meant to be components: reading them, and saying what is wrong with those that are
// not, in words that a newcomer can act on.
#pragma once
#include <filesystem>
#include <string>
#include <string_view>

#include "base/result.h"

namespace weft::engine {

// The whole file. not_found: there is no such file. invalid: a folder, or an empty file. denied:
// not readable.
Result<std::string> read_wasm(const std::filesystem::path& path);

// Whether `wasm` is a component of WASI 0.2, validated in full (some 10 ms per MB); `name` begins
// the messages. invalid: text, WebAssembly text, a core module (says how to adapt it), truncated or
// damaged, needs WASI 0.3.
Result<> check_component(std::string_view wasm, std::string_view name);

// The WIT of a component, as text for people.
Result<std::string> wit_text(std::string_view wasm);

}  // namespace weft::engine
