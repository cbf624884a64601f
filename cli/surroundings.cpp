#include "cli/surroundings.h"

#include <fmt/format.h>

#include <cstdlib>

namespace weft::cli {
namespace {

// XDG Base Directory Specification 0.8: a relative path in the variable is ignored.
Result<std::filesystem::path> folder(const std::filesystem::path& chosen, const char* variable,
                                     std::string_view below_home, std::string_view flag) {
  if (!chosen.empty()) return std::filesystem::absolute(chosen);
  // NOLINTNEXTLINE(concurrency-mt-unsafe): nothing in this process changes the environment
  if (const char* set = std::getenv(variable);
      set != nullptr && std::filesystem::path(set).is_absolute()) {
    return std::filesystem::path(set) / "weft";
  }
  // NOLINTNEXTLINE(concurrency-mt-unsafe): nothing in this process changes the environment
  if (const char* home = std::getenv("HOME"); home != nullptr && *home != '\0') {
    return std::filesystem::path(home) / below_home / "weft";
  }
  return fail(Errc::invalid,
              fmt::format("neither {} nor HOME is set: choose a folder with {}", variable, flag));
}

}  // namespace

Result<std::filesystem::path> state_dir(const Global& global) {
  return folder(global.state_dir, "XDG_STATE_HOME", ".local/state", "--state-dir");
}

Result<std::filesystem::path> cache_dir(const Global& global) {
  return folder(global.cache_dir, "XDG_CACHE_HOME", ".cache", "--cache-dir");
}

}  // namespace weft::cli
