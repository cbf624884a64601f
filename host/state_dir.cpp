#include "host/state_dir.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <fstream>
#include <string>
#include <system_error>
#include <utility>

namespace weft::host {
namespace {

// Of the layout below the folder: `lock`, `version`, `providers/ID/`.
constexpr int k_version = 1;

std::string reason() { return std::generic_category().message(errno); }

std::unexpected<Error> not_writable(const std::filesystem::path& path, const std::string& why) {
  return fail(
      Errc::denied,
      fmt::format("the state folder {} cannot be written ({}); choose another with --state-dir",
                  path.string(), why));
}

Result<int> take_lock(const std::filesystem::path& path) {
  const auto file = path / "lock";
  const int lock = ::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (lock < 0) return not_writable(path, reason());
  if (::flock(lock, LOCK_EX | LOCK_NB) == 0) {
    const auto pid = fmt::format("{}\n", ::getpid());
    if (::ftruncate(lock, 0) == 0 && ::pwrite(lock, pid.data(), pid.size(), 0) > 0) return lock;
    const auto why = reason();
    ::close(lock);
    return not_writable(path, why);
  }
  std::array<char, 24> text{};
  const auto size = ::pread(lock, text.data(), text.size() - 1, 0);
  ::close(lock);
  int pid = 0;
  std::from_chars(text.data(), text.data() + std::max<ssize_t>(size, 0), pid);
  return fail(Errc::conflict,
              fmt::format("another weft{} holds the state folder {}; stop it, or choose another "
                          "folder with --state-dir",
                          pid > 0 ? fmt::format(" (process {})", pid) : "", path.string()));
}

Result<> check_version(const std::filesystem::path& path) {
  const auto file = path / "version";
  int found = 0;
  if (std::ifstream in(file); in) {
    in >> found;
    if (found == k_version) return {};
    if (found > k_version) {
      return fail(
          Errc::invalid,
          fmt::format("the state folder {} has layout {}, written by a newer weft; this one "
                      "knows up to {}: upgrade weft",
                      path.string(), found, k_version));
    }
    return fail(Errc::invalid,
                fmt::format("{} does not hold a layout number; restore it, it should say {}",
                            file.string(), k_version));
  }
  // Whole or not at all: a crash must not leave an empty file.
  const auto fresh = path / "version.new";
  const auto text = fmt::format("{}\n", k_version);
  const int out = ::open(fresh.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (out < 0) return not_writable(path, reason());
  const bool written =
      ::write(out, text.data(), text.size()) == static_cast<ssize_t>(text.size()) &&
      ::fsync(out) == 0;
  ::close(out);
  if (!written || ::rename(fresh.c_str(), file.c_str()) != 0) return not_writable(path, reason());
  return {};
}

}  // namespace

Result<> make_state_folder(const std::filesystem::path& path) {
  std::error_code error;
  if (std::filesystem::is_directory(path, error)) return {};
  if (std::filesystem::exists(path, error)) return not_writable(path, "it is not a folder");
  if (path.has_parent_path()) std::filesystem::create_directories(path.parent_path(), error);
  if (error) return not_writable(path, error.message());
  if (::mkdir(path.c_str(), 0700) != 0 && errno != EEXIST) return not_writable(path, reason());
  return {};
}

Result<StateDir> StateDir::open(const std::filesystem::path& path) {
  TRY_OK(make_state_folder(path));
  TRY(const int lock, take_lock(path));
  StateDir made(path, lock);
  TRY_OK(check_version(path));
  return made;
}

StateDir::StateDir(StateDir&& other) noexcept
    : path_(std::move(other.path_)), lock_(std::exchange(other.lock_, -1)) {}

StateDir& StateDir::operator=(StateDir&& other) noexcept {
  std::swap(path_, other.path_);
  std::swap(lock_, other.lock_);
  return *this;
}

StateDir::~StateDir() {
  if (lock_ >= 0) ::close(lock_);
}

Result<std::filesystem::path> StateDir::provider(const ComponentId& id) const {
  auto folder = path_ / "providers" / id.text();
  TRY_OK(make_state_folder(folder));
  return folder;
}

}  // namespace weft::host
