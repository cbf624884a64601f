// The file of a provider: where it is, and that nobody else has it.
#pragma once
#include <filesystem>
#include <string_view>
#include <utility>

#include "base/result.h"
#include "providers/sqlite/file_lock.h"

namespace weft::providers::sqlite {

class File final {
 public:
  // `<id>.db` in `folder`, which is made, for the owner only, when it is not there. conflict:
  // another host holds the file. denied: the folder cannot be made or written. invalid: it is no
  // folder.
  static Result<File> take(const std::filesystem::path& folder, std::string_view id);
  const std::filesystem::path& path() const noexcept { return path_; }
  // The database has been made: that its name is in the folder is durable on return.
  void sync_folder() const;

 private:
  File(std::filesystem::path path, FileLock lock)
      : path_(std::move(path)), lock_(std::move(lock)) {}

  std::filesystem::path path_;
  FileLock lock_;
};

}  // namespace weft::providers::sqlite
