#include "providers/sqlite/file_lock.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <string_view>
#include <system_error>

namespace weft::providers::sqlite {
namespace {

// The holder writes its number; a moment before that the file is empty.
std::string holder(int descriptor) {
  std::array<char, 32> text{};
  const auto size = ::pread(descriptor, text.data(), text.size(), 0);
  if (size <= 0) return "another process";
  return fmt::format("process {}", std::string_view(text.data(), static_cast<std::size_t>(size)));
}

}  // namespace

Result<FileLock> FileLock::take(const std::filesystem::path& path) {
  const auto name = path.string() + ".lock";
  const int descriptor = ::open(name.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, S_IRUSR | S_IWUSR);
  if (descriptor < 0) {
    return fail(Errc::denied,
                fmt::format("{} cannot be made: {}", name, std::generic_category().message(errno)));
  }
  FileLock lock(descriptor);
  if (::flock(descriptor, LOCK_EX | LOCK_NB) != 0) {
    return fail(Errc::conflict,
                fmt::format("{} is in use by {}; stop it or choose another state folder",
                            path.string(), holder(descriptor)));
  }
  const auto number = fmt::to_string(::getpid());
  // Only for the message above: what cannot be written is not worth failing for.
  if (::ftruncate(descriptor, 0) == 0) (void)!::pwrite(descriptor, number.data(), number.size(), 0);
  return lock;
}

FileLock::~FileLock() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

}  // namespace weft::providers::sqlite
