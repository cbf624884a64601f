// Values as text: whatever people write gives an image that prints, or an error. What prints reads
// back as the same.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string_view>

#include "base/clock.h"
#include "base/log.h"
#include "engine/engine.h"
#include "engine/wasm_file.h"

namespace {

using weft::engine::WaveSide;

struct Echo {
  weft::SystemClock clock;
  weft::Log log{{.level = weft::LogLevel::off}, clock, [](std::string_view) {}};
  std::unique_ptr<weft::engine::Engine> engine;
  std::shared_ptr<const weft::engine::Artifact> artifact;

  Echo() {
    auto opened = weft::engine::Engine::open({.guests = 1}, log);
    auto wasm = weft::engine::read_wasm(WEFT_GUESTS "/echo.wasm");
    if (!opened || !wasm) std::abort();
    engine = *std::move(opened);
    auto loaded = engine->load(*std::move(wasm), "echo.wasm");
    if (!loaded) std::abort();
    artifact = *std::move(loaded);
  }
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const Echo echo;
  constexpr std::string_view api = "test:demo/api@0.1.0";
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto image = echo.artifact->parse(api, "echo-people", WaveSide::parameters, text);
  if (!image) return 0;
  const auto printed = echo.artifact->print(api, "echo-people", WaveSide::parameters, *image);
  if (!printed) std::abort();
  const auto again = echo.artifact->parse(api, "echo-people", WaveSide::parameters, *printed);
  if (!again || again->size() != image->size()) std::abort();
  return 0;
}
