#include "providers/sqlite/file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <iterator>
#include <string>
#include <system_error>

namespace weft::providers::sqlite {
namespace {

// Letters, digits, '-', '_' and '.' stay (but no leading '.'); every other byte becomes %XX: no id
// leaves the folder.
std::string file_name(std::string_view id) {
  std::string name;
  for (const char c : id) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       c == '-' || c == '_' || (c == '.' && !name.empty());
    if (plain) {
      name.push_back(c);
    } else {
      fmt::format_to(std::back_inserter(name), "%{:02X}", static_cast<unsigned char>(c));
    }
  }
  return name + ".db";
}

// SQLite makes its own files durable; that the folder and the names in it are, too, is up to us.
void sync(const std::filesystem::path& folder) {
  const int descriptor = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (descriptor < 0) return;
  ::fsync(descriptor);
  ::close(descriptor);
}

Result<> prepare_folder(const std::filesystem::path& folder) {
  std::error_code error;
  if (!std::filesystem::is_directory(folder, error)) {
    if (std::filesystem::exists(folder, error)) {
      return fail(Errc::invalid, fmt::format("{} is not a folder", folder.string()));
    }
    if (folder.has_parent_path()) std::filesystem::create_directories(folder.parent_path(), error);
    if (::mkdir(folder.c_str(), S_IRWXU) != 0 && errno != EEXIST) {
      return fail(Errc::denied, fmt::format("the folder {} cannot be made: {}", folder.string(),
                                            std::generic_category().message(errno)));
    }
    sync(folder.parent_path());
  }
  if (::access(folder.c_str(), W_OK | X_OK) != 0) {
    return fail(Errc::denied, fmt::format("the folder {} cannot be written: {}", folder.string(),
                                          std::generic_category().message(errno)));
  }
  return {};
}

}  // namespace

Result<File> File::take(const std::filesystem::path& folder, std::string_view id) {
  if (id.empty()) return fail(Errc::invalid, "a provider needs an id to name its file");
  TRY_OK(prepare_folder(folder));
  auto path = folder / file_name(id);
  TRY(auto lock, FileLock::take(path));
  return File(std::move(path), std::move(lock));
}

void File::sync_folder() const { sync(path_.parent_path()); }

}  // namespace weft::providers::sqlite
