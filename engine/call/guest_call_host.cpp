// What the host itself gives the guest of a call: handles, configuration, secrets, a way into the
// log.
#include <poll.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

#include "engine/call/guest_call.h"

namespace weft::engine {
namespace {

void write_to(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const auto written = ::write(fd, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0 && errno == EAGAIN) {
      // Someone made the terminal non-blocking; it is to be waited for all the same.
      pollfd room{.fd = fd, .events = POLLOUT, .revents = 0};
      if (::poll(&room, 1, -1) >= 0 || errno == EINTR) continue;
      return;
    }
    if (written <= 0) return;
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
}

}  // namespace

contracts::Handles& GuestCall::handles() {
  if (!handles_) handles_.emplace(shard_.component_->spec().limits.host_objects);
  return *handles_;
}

void GuestCall::on_drop(std::uint32_t handle) {
  if (handles_) handles_->remove(handle);
}

void GuestCall::on_output(std::uint32_t fd, std::string_view bytes) {
  if (!output_) output_ = std::make_unique<GuestOutput>();
  has_begun();
  wrote_ = true;
  if (shard_.component_->spec().stdio == Stdio::terminal) write_to(static_cast<int>(fd), bytes);
  output_->write(fd, bytes,
                 [this](std::uint32_t stream, std::string_view line) { log_line(stream, line); });
}

void GuestCall::log_line(std::uint32_t fd, std::string_view line) {
  if (shard_.component_->spec().stdio == Stdio::terminal) return;
  shard_.log_.write(LogLevel::info, line, {"stream", fd == 2 ? "stderr" : "stdout"}, context_);
}

void GuestCall::end_output() {
  if (!std::exchange(wrote_, false)) return;
  output_->finish([this](std::uint32_t stream, std::string_view line) { log_line(stream, line); });
  output_->clear();
}

const Config& GuestCall::config() {
  if (config_ == nullptr) config_ = shard_.config_of(settings_);
  return *config_;
}

void GuestCall::log(LogLevel level, std::string_view context, std::string_view message) {
  shard_.log_.write(level, message, {"context", context}, context_);
}

const contracts::SecretView* GuestCall::find_secret(std::string_view name) {
  if (secrets_ == nullptr) secrets_ = shard_.configured_.secrets;
  return secrets_ == nullptr ? nullptr : secrets_->find(name);
}

}  // namespace weft::engine
