// The last words of a guest: what libc++ and libc++abi say before they give up goes to stderr as it
// is, then the guest traps. Theirs would format with vfprintf, which brings 30 KB of stdio into
// every component.
#include <__verbose_abort>
#include <cstdarg>
#include <wasi/cli/stderr_.hpp>
#include <wit/text.hpp>

namespace {
// A message of bounded length, without the allocator: that may be what failed.
class message {
 public:
  void add(char const* text) {
    while (*text) add(*text++);
  }
  void add(char c) {
    if (length_ < sizeof text_ - 1) text_[length_++] = c;
  }
  void add_number(unsigned n) {
    if (n > 9) add_number(n / 10);
    add(static_cast<char>('0' + n % 10));
  }
  std::string_view line() {
    text_[length_++] = '\n';
    return {text_, length_};
  }

 private:
  char text_[512];
  std::size_t length_ = 0;
};

// Knows what these messages use: %s and whole numbers of 32 bits (a size_t is one here).
[[noreturn]] void die(char const* pattern, std::va_list arguments) {
  message last_words;
  for (; *pattern; ++pattern) {
    if (*pattern != '%') {
      last_words.add(*pattern);
      continue;
    }
    do ++pattern;
    while (*pattern == 'z' || *pattern == 'l');
    if (!*pattern) break;
    if (*pattern == 's')
      last_words.add(va_arg(arguments, char const*));
    else if (*pattern == '%')
      last_words.add('%');
    else
      last_words.add_number(va_arg(arguments, unsigned));
  }
  auto bytes = wit::bytes(last_words.line());
  (void)wasi::cli::stderr_::get_stderr().blocking_write_and_flush(bytes);
  __builtin_trap();
}
}  // namespace

// No noexcept: libc++ 19 declares it without.
_LIBCPP_BEGIN_NAMESPACE_STD
void __libcpp_verbose_abort(char const* pattern, ...) {
  std::va_list arguments;
  va_start(arguments, pattern);
  die(pattern, arguments);
}
_LIBCPP_END_NAMESPACE_STD

extern "C" [[noreturn]] void abort_message(char const* pattern, ...) {
  std::va_list arguments;
  va_start(arguments, pattern);
  die(pattern, arguments);
}
