#include "cli/surroundings.h"

#include <fmt/format.h>

#include <cstdlib>
#include <system_error>

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
  TRY(auto path, folder(global.cache_dir, "XDG_CACHE_HOME", ".cache", "--cache-dir"));
  std::error_code error;
  if (!std::filesystem::exists(path, error) || std::filesystem::is_directory(path, error))
    return path;
  return fail(Errc::denied,
              fmt::format("the cache folder {} is not a folder; choose another with --cache-dir",
                          path.string()));
}

}  // namespace weft::cli
