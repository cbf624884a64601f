#include "host/secrets/key_source.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <termios.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <string_view>
#include <system_error>
#include <utility>

#include "base/bytes.h"

namespace weft::secrets {
namespace {

constexpr std::size_t k_piece = 4096;
constexpr std::size_t k_longest_line = 4096;

std::string reason() { return std::generic_category().message(errno); }

// All that a descriptor brings, in memory that is never paged out.
Result<SecretBytes> read_all(int from, std::size_t most) {
  SecretBytes content(k_piece);
  std::size_t used = 0;
  for (;;) {
    if (used == content.size()) content.resize(2 * used);
    const auto room = content.bytes().subspan(used);
    const auto size = ::read(from, room.data(), room.size());
    if (size < 0 && errno == EINTR) continue;
    if (size < 0) return fail(Errc::denied, reason());
    if (size == 0) break;
    used += static_cast<std::size_t>(size);
    if (used > most) return fail(Errc::exhausted, fmt::format("it has more than {} bytes", most));
  }
  content.resize(used);
  return content;
}

// The terminal without echo and without signals, while it lives.
class Silence {
 public:
  explicit Silence(int terminal) : terminal_(terminal) {
    silent_ = ::tcgetattr(terminal_, &before_) == 0;
    if (!silent_) return;
    termios now = before_;
    now.c_lflag &= ~static_cast<tcflag_t>(ECHO | ICANON | ISIG);
    ::tcsetattr(terminal_, TCSAFLUSH, &now);
  }
  Silence(const Silence&) = delete;
  Silence& operator=(const Silence&) = delete;
  ~Silence() {
    if (silent_) ::tcsetattr(terminal_, TCSAFLUSH, &before_);
  }

 private:
  const int terminal_;
  termios before_{};
  bool silent_ = false;
};

Result<SecretBytes> read_line(int terminal) {
  constexpr char k_ctrl_c = 3, k_ctrl_d = 4, k_backspace = 8, k_delete = 127;
  SecretBytes line(k_longest_line);
  std::size_t used = 0;
  for (;;) {
    char c = 0;
    const auto size = ::read(terminal, &c, 1);
    if (size < 0 && errno == EINTR) continue;
    if (size <= 0 || c == '\n' || c == '\r' || c == k_ctrl_d) break;
    if (c == k_ctrl_c) return fail(Errc::cancelled, "no key was given");
    if (c == k_backspace || c == k_delete) {
      used -= used == 0 ? 0 : 1;
    } else if (used < line.size()) {
      line.bytes()[used++] = static_cast<std::byte>(c);
    }
  }
  line.resize(used);
  return line;
}

Result<SecretBytes> from_file(const std::filesystem::path& path) {
  const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0) {
    return fail(errno == ENOENT ? Errc::not_found : Errc::denied,
                fmt::format("the key file {} cannot be read: {}", path.string(), reason()));
  }
  auto key = read_all(file, k_longest_line);
  ::close(file);
  return std::move(key).context(fmt::format("the key file {}", path.string()));
}

Result<SecretBytes> from_variable(const std::string& name) {
  // NOLINTNEXTLINE(concurrency-mt-unsafe): nothing in this process changes the environment
  const char* value = std::getenv(name.c_str());
  if (value == nullptr)
    return fail(Errc::not_found, fmt::format("the environment variable {} is not set", name));
  const std::string_view text(value);
  SecretBytes key(text.size());
  if (!text.empty()) std::memcpy(key.bytes().data(), text.data(), text.size());
  return key;
}

bool is_set(const char* variable) {
  // NOLINTNEXTLINE(concurrency-mt-unsafe): nothing in this process changes the environment
  return std::getenv(variable) != nullptr;
}

Result<SecretBytes> find_key(const KeySource& source, const std::filesystem::path& of, Ask ask) {
  if (!source.file.empty()) return from_file(source.file);
  if (!source.variable.empty()) return from_variable(source.variable);
  if (is_set(k_key_variable)) return from_variable(k_key_variable);
  const auto nowhere = [&] {
    return fail(Errc::not_found,
                fmt::format("the key of {} is not known: set {}, or name a file or another "
                            "variable: --key-file and --key-env of weft secret, `key_file` and "
                            "`key_env` of the policy in a manifest",
                            of.string(), k_key_variable));
  };
  if (ask == Ask::no) return nowhere();
  auto typed = ask_secret(fmt::format("Key of {}: ", of.string()));
  if (!typed && typed.error().code == Errc::not_found) return nowhere();
  return typed;
}

}  // namespace

Result<SecretBytes> ask_secret(std::string_view prompt) {
  const int terminal = ::open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY);
  if (terminal < 0) return fail(Errc::not_found, "there is no terminal");
  auto line = [terminal, prompt] {
    const Silence silence(terminal);  // drops what was typed before; so the prompt comes after it
    (void)!::write(terminal, prompt.data(), prompt.size());
    return read_line(terminal);
  }();
  (void)!::write(terminal, "\n", 1);
  ::close(terminal);
  return line;
}

Result<SecretBytes> read_input(std::size_t most) {
  return read_all(STDIN_FILENO, most).context("standard input");
}

SecretBytes without_newline(SecretBytes text) {
  auto size = text.size();
  if (size != 0 && text.bytes()[size - 1] == std::byte{'\n'}) --size;
  if (size != 0 && size != text.size() && text.bytes()[size - 1] == std::byte{'\r'}) --size;
  if (size != text.size()) text.resize(size);
  return text;
}

Result<SecretBytes> read_key(const KeySource& source, const std::filesystem::path& of, Ask ask) {
  TRY(auto key, find_key(source, of, ask));
  key = without_newline(std::move(key));
  if (key.size() == 0)
    return fail(Errc::invalid, fmt::format("the key of {} is empty", of.string()));
  return key;
}

}  // namespace weft::secrets
