// Owners of what engine.h hands out, and the conversions between its plain C types and ours.
#pragma once
#include <cstddef>
#include <cstdint>
#include <expected>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"
#include "contracts/image.h"
#include "engine/wasmtime/engine.h"

namespace weft::engine {

template <auto Free>
struct Deleter {
  void operator()(auto* object) const noexcept { Free(object); }
};
using EngineHandle = std::unique_ptr<eng_engine, Deleter<eng_engine_free>>;
using ComponentHandle = std::unique_ptr<eng_component, Deleter<eng_component_free>>;
using SymbolsHandle = std::unique_ptr<eng_symbols, Deleter<eng_symbols_free>>;
using LinkerHandle = std::unique_ptr<eng_linker, Deleter<eng_linker_free>>;
using PreHandle = std::unique_ptr<eng_pre, Deleter<eng_pre_free>>;
using FuncHandle = std::unique_ptr<eng_func, Deleter<eng_func_free>>;
using HttpHandle = std::unique_ptr<eng_http, Deleter<eng_http_free>>;
using SettingHandle = std::unique_ptr<eng_setting, Deleter<eng_setting_free>>;

// Borrowed, as every eng_slice: `text` must live as long as the callee needs it.
inline eng_slice slice(std::string_view text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}
inline std::string_view view(eng_slice bytes) {
  return bytes.len == 0 ? std::string_view()
                        : std::string_view(reinterpret_cast<const char*>(bytes.ptr), bytes.len);
}

// Images are malloc memory on both sides; an empty one of the engine points to no memory at all.
eng_image to_engine(contracts::Image image);
contracts::Image from_engine(eng_image image);

// Collects text that a function of engine.h hands over: pass `Text::take` and the address of a
// Text.
struct Text {
  std::string text;

  static void take(void* self, eng_slice bytes) { static_cast<Text*>(self)->text += view(bytes); }
  std::unexpected<Error> as(Errc code) && { return fail(code, std::move(text)); }
};

}  // namespace weft::engine
