#include "host/files/atomic_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

namespace weft::host {
namespace {

class Descriptor {
 public:
  explicit Descriptor(int number) : number_(number) {}
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() {
    if (number_ >= 0) ::close(number_);
  }
  int number() const { return number_; }
  explicit operator bool() const { return number_ >= 0; }

 private:
  const int number_;
};

std::unexpected<Error> cannot(std::string_view what, const std::filesystem::path& path) {
  return fail(Errc::denied, fmt::format("{} cannot be {}: {}", path.string(), what,
                                        std::generic_category().message(errno)));
}

bool write_whole(int file, std::span<const std::byte> content) {
  while (!content.empty()) {
    const auto written = ::write(file, content.data(), content.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return false;
    content = content.subspan(static_cast<std::size_t>(written));
  }
  return true;
}

}  // namespace

Result<> replace_file(const std::filesystem::path& path, std::span<const std::byte> content) {
  const auto fresh = path.string() + ".new";
  {
    const Descriptor out(
        ::open(fresh.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600));
    if (!out || !write_whole(out.number(), content) || ::fsync(out.number()) != 0)
      return cannot("written", fresh);
  }
  if (::rename(fresh.c_str(), path.c_str()) != 0) return cannot("written", path);
  const auto folder = path.has_parent_path() ? path.parent_path() : std::filesystem::path(".");
  const Descriptor above(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!above || ::fsync(above.number()) != 0) return cannot("written", folder);
  return {};
}

Result<std::vector<std::byte>> read_file(const std::filesystem::path& path, std::size_t most) {
  const Descriptor in(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!in && errno == ENOENT)
    return fail(Errc::not_found, fmt::format("there is no file {}", path.string()));
  if (!in) return cannot("read", path);
  std::vector<std::byte> content;
  for (;;) {
    const auto at = content.size();
    constexpr std::size_t k_piece = 64 << 10;
    content.resize(at + k_piece);
    const auto size = ::read(in.number(), content.data() + at, k_piece);
    if (size < 0 && errno != EINTR) return cannot("read", path);
    content.resize(at + static_cast<std::size_t>(std::max<ssize_t>(size, 0)));
    if (size == 0) return content;
    if (content.size() > most) {
      return fail(Errc::exhausted, fmt::format("{} is larger than {} bytes", path.string(), most));
    }
  }
}

Result<FileLock> FileLock::take(const std::filesystem::path& path) {
  const int file = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (file < 0) return cannot("written", path);
  while (::flock(file, LOCK_EX) != 0) {
    if (errno == EINTR) continue;
    auto failure = cannot("locked", path);
    ::close(file);
    return failure;
  }
  return FileLock(file);
}

FileLock::FileLock(FileLock&& other) noexcept : file_(std::exchange(other.file_, -1)) {}

FileLock& FileLock::operator=(FileLock&& other) noexcept {
  std::swap(file_, other.file_);
  return *this;
}

FileLock::~FileLock() {
  if (file_ >= 0) ::close(file_);
}

}  // namespace weft::host
