#include "host/control/socket_folder.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

namespace weft::control {

SocketFolder::SocketFolder(const std::filesystem::path& socket)
    : folder_(::open(socket.parent_path().c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC)),
      file_(socket.filename().string()) {}

SocketFolder::~SocketFolder() {
  if (folder_ >= 0) ::close(folder_);
}

std::string SocketFolder::name() const {
  return fmt::format("/proc/self/fd/{}/{}", folder_, file_);
}

}  // namespace weft::control
