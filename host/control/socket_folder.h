// The name of a socket by way of its open folder: an address has room for 107 bytes, and the paths
// of state folders are longer.
#pragma once
#include <filesystem>
#include <string>

namespace weft::control {

class SocketFolder {
 public:
  explicit SocketFolder(const std::filesystem::path& socket);
  SocketFolder(const SocketFolder&) = delete;
  SocketFolder& operator=(const SocketFolder&) = delete;
  ~SocketFolder();

  // As long as this lives: the same file, in few bytes. Without the folder, a name that nothing
  // has.
  std::string name() const;

 private:
  const int folder_;
  const std::string file_;
};

}  // namespace weft::control
