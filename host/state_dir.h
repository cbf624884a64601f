// The folder in which one host keeps what must survive it. Its layout has a version from the first
// day.
#pragma once
#include <filesystem>

#include "base/id.h"
#include "base/result.h"

namespace weft::host {

// Makes the folder (mode 0700) when it is missing. denied: it cannot be written.
Result<> make_state_folder(const std::filesystem::path& path);

// Holds the folder's lock while it lives.
class StateDir {
 public:
  // Makes the folder (mode 0700) when it is missing. denied: it cannot be written; conflict:
  // another host holds it (names its process); invalid: a newer Weft wrote it.
  static Result<StateDir> open(const std::filesystem::path& path);
  StateDir(StateDir&& other) noexcept;
  StateDir& operator=(StateDir&& other) noexcept;
  ~StateDir();

  const std::filesystem::path& path() const { return path_; }
  // Made when missing: where the provider with this id keeps its data.
  Result<std::filesystem::path> provider(const ComponentId& id) const;

 private:
  StateDir(std::filesystem::path path, int lock) : path_(std::move(path)), lock_(lock) {}

  std::filesystem::path path_;
  int lock_ = -1;  // descriptor of the locked file
};

}  // namespace weft::host
