// Clocks, random bytes, arguments, environment and exit of wasi-libc, over WASI 0.2.
#include <wasi/cli/environment.hpp>
#include <wasi/cli/exit.hpp>
#include <wasi/clocks/monotonic_clock.hpp>
#include <wasi/clocks/wall_clock.hpp>
#include <wasi/random/random.hpp>

#include "preview1.hpp"

namespace {
using namespace preview1;
namespace monotonic = wasi::clocks::monotonic_clock;
namespace wall = wasi::clocks::wall_clock;

enum clock : word { realtime = 0, steady = 1 };

std::uint64_t nanoseconds(wall::datetime t) { return t.seconds * 1'000'000'000 + t.nanoseconds; }

// Strings as C wants them: pointers to NUL-terminated texts that lie one after the other.
class c_strings {
 public:
  explicit c_strings(std::vector<std::string> texts) : texts_(std::move(texts)) {}
  void sizes(word count, word bytes) const {
    std::uint32_t total = 0;
    for (auto& text : texts_) total += text.size() + 1;
    put(count, static_cast<std::uint32_t>(texts_.size()));
    put(bytes, total);
  }
  void copy(word pointers, word bytes) const {
    for (auto& text : texts_) {
      put(pointers, bytes);
      std::memcpy(at(bytes), text.c_str(), text.size() + 1);
      pointers += sizeof(wit::address);
      bytes += static_cast<word>(text.size() + 1);
    }
  }

 private:
  std::vector<std::string> texts_;
};

c_strings arguments() { return c_strings(wasi::cli::environment::get_arguments()); }
c_strings environment() {
  std::vector<std::string> texts;
  for (auto& [name, value] : wasi::cli::environment::get_environment())
    texts.push_back(name + "=" + value);
  return c_strings(std::move(texts));
}
}  // namespace

extern "C" {
errno_t PREVIEW1(args_sizes_get)(word count, word bytes) {
  arguments().sizes(count, bytes);
  return success;
}
errno_t PREVIEW1(args_get)(word pointers, word bytes) {
  arguments().copy(pointers, bytes);
  return success;
}
errno_t PREVIEW1(environ_sizes_get)(word count, word bytes) {
  environment().sizes(count, bytes);
  return success;
}
errno_t PREVIEW1(environ_get)(word pointers, word bytes) {
  environment().copy(pointers, bytes);
  return success;
}

errno_t PREVIEW1(clock_time_get)(word id, std::int64_t, word time) {
  if (id == realtime)
    put(time, nanoseconds(wall::now()));
  else if (id == steady)
    put(time, monotonic::now());
  else
    return not_supported;
  return success;
}
errno_t PREVIEW1(clock_res_get)(word id, word resolution) {
  if (id == realtime)
    put(resolution, nanoseconds(wall::resolution()));
  else if (id == steady)
    put(resolution, monotonic::resolution());
  else
    return not_supported;
  return success;
}

// libc uses it to sleep: one subscription to one clock. Polling of descriptors is what wasi:io is
// for.
errno_t PREVIEW1(poll_oneoff)(word subscriptions, word events, word count, word happened) {
  constexpr std::uint8_t clock_event = 0;
  constexpr std::uint16_t absolute = 1;
  auto* subscription = at(subscriptions);
  if (count != 1 || wit::raw_load<std::uint8_t>(subscription + 8) != clock_event)
    return not_supported;
  auto when = wit::raw_load<std::uint64_t>(subscription + 24);
  auto is_absolute = (wit::raw_load<std::uint16_t>(subscription + 40) & absolute) != 0;
  if (is_absolute && wit::raw_load<word>(subscription + 16) == realtime) {
    auto now = nanoseconds(wall::now());
    when = when > now ? when - now : 0;
    is_absolute = false;
  }
  (is_absolute ? monotonic::subscribe_instant(when) : monotonic::subscribe_duration(when)).block();
  std::memset(at(events), 0, 32);
  put(events,
      wit::raw_load<std::uint64_t>(subscription));  // the caller's mark; no error, a clock event
  put<std::uint32_t>(happened, 1);
  return success;
}

errno_t PREVIEW1(random_get)(word target, word size) {
  auto length = static_cast<std::uint32_t>(size);
  auto bytes = wasi::random::random::get_random_bytes(length);
  std::memcpy(at(target), bytes.data(), length);
  return success;
}

errno_t PREVIEW1(sched_yield)() { return success; }

[[noreturn]] void PREVIEW1(proc_exit)(word status) {
  if (status == 0)
    wasi::cli::exit::exit({});
  else
    wasi::cli::exit::exit(std::unexpected(wit::unit{}));
  __builtin_trap();  // the host does not return from exit
}
}
