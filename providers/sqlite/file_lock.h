// A hold on a path that lasts as long as the object, or the process, however it ends.
#pragma once
#include <filesystem>
#include <utility>

#include "base/result.h"

namespace weft::providers::sqlite {

// Seen by other processes and by other holders in this one; SQLite's own locks tell only processes
// apart.
class FileLock final {
 public:
  // Makes the file `<path>.lock` and holds it. conflict: somebody has it; names `path` and the
  // process. denied: the file cannot be made.
  static Result<FileLock> take(const std::filesystem::path& path);
  FileLock(FileLock&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}
  FileLock& operator=(FileLock&&) = delete;
  ~FileLock();

 private:
  explicit FileLock(int descriptor) : descriptor_(descriptor) {}
  int descriptor_;
};

}  // namespace weft::providers::sqlite
