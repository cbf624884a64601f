// Small files that are replaced whole: after a crash at any moment there is the old one or the new
// one.
#pragma once
#include <cstddef>
#include <filesystem>
#include <span>
#include <vector>

#include "base/result.h"

namespace weft::host {

// Readable and writable by the owner only, and on the disk when this returns. Two writers at once
// spoil nothing, but one change gets lost: take a FileLock around reading and replacing.
// denied: it cannot be written, with the system's reason.
Result<> replace_file(const std::filesystem::path& path, std::span<const std::byte> content);
// not_found: there is none; denied: it cannot be read; exhausted: it is larger than `most`.
Result<std::vector<std::byte>> read_file(const std::filesystem::path& path, std::size_t most);

// Excludes other processes that lock the same file; waits for them. The file stays.
class FileLock {
 public:
  // denied: it cannot be made.
  static Result<FileLock> take(const std::filesystem::path& path);
  FileLock(FileLock&& other) noexcept;
  FileLock& operator=(FileLock&& other) noexcept;
  ~FileLock();

 private:
  explicit FileLock(int file) : file_(file) {}
  int file_;  // -1: moved from
};

}  // namespace weft::host
