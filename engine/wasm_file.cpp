#include "engine/wasm_file.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <cerrno>
#include <fstream>
#include <iterator>
#include <system_error>

#include "engine/handles.h"

namespace weft::engine {
namespace {

std::string quoted_start(std::string_view bytes) {
  std::string text;
  for (const char c : bytes.substr(0, 24)) {
    if (c == '\n' || c == '\r') break;
    text += c >= 0x20 && c < 0x7f ? c : '?';
  }
  return text;
}

}  // namespace

Result<std::string> read_wasm(const std::filesystem::path& path) {
  struct stat info{};
  if (::stat(path.c_str(), &info) != 0) {
    if (errno == ENOENT || errno == ENOTDIR) {
      return fail(Errc::not_found, fmt::format("{}: there is no such file", path.string()));
    }
    return fail(Errc::denied,
                fmt::format("{}: {}", path.string(), std::generic_category().message(errno)));
  }
  if (S_ISDIR(info.st_mode)) {
    return fail(Errc::invalid,
                fmt::format("{} is a folder; name the component file in it", path.string()));
  }
  std::ifstream file(path, std::ios::binary);
  if (!file) {
    return fail(Errc::denied,
                fmt::format("{}: {}", path.string(), std::generic_category().message(errno)));
  }
  std::string bytes{std::istreambuf_iterator<char>(file), {}};
  if (file.bad()) return fail(Errc::invalid, fmt::format("{}: it cannot be read", path.string()));
  if (bytes.empty()) {
    return fail(Errc::invalid,
                fmt::format("{} is empty; a WebAssembly component is needed", path.string()));
  }
  return bytes;
}

Result<> check_component(std::string_view wasm, std::string_view name) {
  Text detail;
  switch (eng_wasm_kind(slice(wasm), Text::take, &detail)) {
    case ENG_WASM_COMPONENT:
      return {};
    case ENG_WASM_EMPTY:
      return fail(Errc::invalid,
                  fmt::format("{} is empty; a WebAssembly component is needed", name));
    case ENG_WASM_TEXT:
      return fail(
          Errc::invalid,
          fmt::format("{0} is WebAssembly text; make it binary: `wasm-tools parse {0} -o {0}.wasm`",
                      name));
    case ENG_WASM_MODULE:
      return fail(Errc::invalid,
                  fmt::format("{0} is a core module, not a component; build for the target "
                              "wasm32-wasip2, or adapt it: "
                              "`wasm-tools component new {0} --adapt "
                              "wasi_snapshot_preview1.reactor.wasm -o component.wasm`",
                              name));
    case ENG_WASM_BROKEN:
      return fail(Errc::invalid, fmt::format("{} is truncated or damaged: {}", name, detail.text));
    case ENG_WASM_ASYNC:
      return fail(Errc::invalid,
                  fmt::format("{} needs WASI 0.3, which comes later; build it for WASI 0.2 ({})",
                              name, detail.text));
    case ENG_WASM_OTHER:
      break;
  }
  return fail(Errc::invalid,
              fmt::format("{} is not WebAssembly: it begins with '{}'", name, quoted_start(wasm)));
}

Result<std::string> wit_text(std::string_view wasm) {
  Text text;
  Text failure;
  if (!eng_wit_text(slice(wasm), Text::take, &text, Text::take, &failure)) {
    return std::move(failure).as(Errc::invalid);
  }
  return std::move(text.text);
}

}  // namespace weft::engine
