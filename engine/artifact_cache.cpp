#include "engine/artifact_cache.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <ctime>
#include <system_error>
#include <utility>

#include "engine/digest.h"

namespace weft::engine {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view k_suffix = ".cwasm";
constexpr std::string_view k_unfinished = ".new-";
constexpr std::time_t k_abandoned_s = 3600;

class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() { close(); }
  int get() const { return fd_; }
  explicit operator bool() const { return fd_ >= 0; }
  // The file system may report a full disk only here.
  bool close() { return fd_ < 0 || ::close(std::exchange(fd_, -1)) == 0; }

 private:
  int fd_;
};

class Mapped {
 public:
  Mapped(int fd, std::size_t size) : size_(size) {
    if (size != 0) at_ = ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE, fd, 0);
  }
  Mapped(const Mapped&) = delete;
  Mapped& operator=(const Mapped&) = delete;
  ~Mapped() {
    if (at_ != MAP_FAILED) ::munmap(at_, size_);
  }
  // False: the system did not map it, which says nothing about the file.
  explicit operator bool() const { return size_ == 0 || at_ != MAP_FAILED; }
  std::string_view bytes() const {
    return at_ == MAP_FAILED ? std::string_view()
                             : std::string_view(static_cast<const char*>(at_), size_);
  }

 private:
  void* at_ = MAP_FAILED;
  std::size_t size_;
};

std::string prefix(const eng_engine& engine, std::string_view digest) {
  return fmt::format("{}-{:016x}-", digest, eng_engine_hash(&engine));
}

bool write_all(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const auto written = ::write(fd, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
  return true;
}

// Why a file of the folder is not to be touched, or nothing.
std::string_view distrust(const struct stat& info) {
  if (!S_ISREG(info.st_mode)) return "it is not a regular file";
  if (info.st_uid != ::geteuid()) return "it belongs to another user";
  if ((info.st_mode & (S_IWGRP | S_IWOTH)) != 0) return "others may write it";
  return {};
}

// What a process left that ended while it wrote. `newest`: of a file that is being written.
void remove_abandoned(const fs::path& folder, std::time_t newest) {
  std::error_code error;
  for (fs::directory_iterator at(folder, error), end; !error && at != end; at.increment(error)) {
    if (!at->path().filename().string().starts_with(k_unfinished)) continue;
    struct stat info{};
    if (::lstat(at->path().c_str(), &info) != 0 || !S_ISREG(info.st_mode)) continue;
    if (info.st_mtime < newest - k_abandoned_s) ::unlink(at->path().c_str());
  }
}

}  // namespace

ArtifactCache::ArtifactCache(fs::path folder, Log& log) : folder_(std::move(folder)), log_(log) {}

void ArtifactCache::warn_once(std::string_view what, std::string_view why) {
  {
    const std::lock_guard lock(mutex_);
    if (warned_of_.find(what) != warned_of_.npos) return;
    warned_of_.append(what).append("\n");
  }
  log_.warn(what, {{"folder", folder_.string()}, {"reason", why}});
}

ComponentHandle ArtifactCache::open(const eng_engine& engine, std::string_view digest,
                                    std::string_view name) {
  if (folder_.empty()) return nullptr;
  struct stat info{};
  if (::stat(folder_.c_str(), &info) != 0) return nullptr;
  if (!S_ISDIR(info.st_mode) || info.st_uid != ::geteuid() ||
      (info.st_mode & (S_IWGRP | S_IWOTH)) != 0) {
    warn_once("the artifact cache is not used",
              "the folder is not one that only its owner, this user, can write");
    return nullptr;
  }
  const std::string start = prefix(engine, digest);
  std::error_code error;
  for (fs::directory_iterator at(folder_, error), end; !error && at != end; at.increment(error)) {
    const std::string file = at->path().filename().string();
    if (!file.starts_with(start) || !file.ends_with(k_suffix)) continue;
    if (auto opened = open_file(engine, at->path(), name)) return opened;
  }
  return nullptr;
}

ComponentHandle ArtifactCache::open_file(const eng_engine& engine, const fs::path& file,
                                         std::string_view name) {
  const auto distrusted = [&](std::string_view why) -> ComponentHandle {
    ::unlink(file.c_str());
    warn_once(
        fmt::format(
            "a compiled component in the cache is not what was saved there; compiling {} again",
            name),
        why);
    return nullptr;
  };
  Descriptor fd(::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
  struct stat info{};
  if (!fd || ::fstat(fd.get(), &info) != 0) return nullptr;
  if (const auto why = distrust(info); !why.empty()) return distrusted(why);
  const Mapped mapped(fd.get(), static_cast<std::size_t>(info.st_size));
  if (!mapped) {
    log_.debug("a compiled component in the cache cannot be mapped",
               {{"file", file.string()}, {"reason", std::generic_category().message(errno)}});
    return nullptr;
  }
  if (!file.stem().string().ends_with("-" + blake2b_hex(mapped.bytes()))) {
    return distrusted("its content does not match its hash");
  }
  Text failure;
  // Not by name: the file must be the very one that was hashed.
  const std::string same = fmt::format("/proc/self/fd/{}", fd.get());
  ComponentHandle opened(eng_component_open(&engine, slice(same), Text::take, &failure));
  return opened ? std::move(opened) : distrusted(failure.text);
}

void ArtifactCache::save(const eng_engine& engine, const eng_component& component,
                         std::string_view digest, std::string_view name) {
  if (folder_.empty()) return;
  constexpr std::string_view without =
      "compiled components are not kept; each start will compile again";
  Text artifact;
  Text failure;
  if (!eng_component_save(&component, Text::take, &artifact, Text::take, &failure)) {
    return warn_once(without, fmt::format("{}: {}", name, failure.text));
  }
  std::error_code error;
  fs::create_directories(folder_.parent_path(), error);
  if (::mkdir(folder_.c_str(), 0700) != 0 && errno != EEXIST) {
    return warn_once(without, std::generic_category().message(errno));
  }
  std::string temporary = (folder_ / fmt::format("{}XXXXXX", k_unfinished)).string();
  Descriptor fd(::mkostemp(temporary.data(), O_CLOEXEC));
  if (!fd) return warn_once(without, std::generic_category().message(errno));
  struct stat info{};
  if (::fstat(fd.get(), &info) == 0) remove_abandoned(folder_, info.st_mtime);
  const fs::path target =
      folder_ / fmt::format("{}{}{}", prefix(engine, digest), blake2b_hex(artifact.text), k_suffix);
  const bool kept = write_all(fd.get(), artifact.text) && ::fsync(fd.get()) == 0 && fd.close() &&
                    ::rename(temporary.c_str(), target.c_str()) == 0;
  if (kept) return;
  const int why = errno;
  ::unlink(temporary.c_str());
  warn_once(without, std::generic_category().message(why));
}

}  // namespace weft::engine
