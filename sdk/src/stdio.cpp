// Standard input, output and error of wasi-libc, over wasi:cli. There are no files: other
// descriptors do not exist.
#include <wasi/cli/stderr_.hpp>
#include <wasi/cli/stdin_.hpp>
#include <wasi/cli/stdout_.hpp>

#include "preview1.hpp"

namespace {
using namespace preview1;

enum descriptor : word { in = 0, out = 1, err = 2 };

// Kept for the life of the instance: each get_stdout would be a host call more.
wasi::io::streams::output_stream& output(word fd) {
  if (fd == out) {
    static auto stream = wasi::cli::stdout_::get_stdout();
    return stream;
  }
  static auto stream = wasi::cli::stderr_::get_stderr();
  return stream;
}

struct slice {
  std::span<std::uint8_t> bytes;
};
// The n-th of a list of buffers, as preview 1 lays them out.
slice buffer(word vectors, word n) {
  auto* entry = at(vectors) + 8 * n;
  auto* data = reinterpret_cast<std::uint8_t*>(wit::at_address(wit::raw_load<wit::address>(entry)));
  return {{data, wit::raw_load<std::uint32_t>(entry + 4)}};
}

errno_t write_all(wasi::io::streams::output_stream& stream, std::span<std::uint8_t const> rest) {
  constexpr std::size_t at_once = 4096;  // the most that blocking-write-and-flush takes
  while (!rest.empty()) {
    auto part = rest.first(std::min(rest.size(), at_once));
    if (!stream.blocking_write_and_flush(part)) return broken_pipe;
    rest = rest.subspan(part.size());
  }
  return success;
}
}  // namespace

extern "C" {
errno_t PREVIEW1(fd_write)(word fd, word vectors, word count, word written) {
  if (fd != out && fd != err) return bad_descriptor;
  std::uint32_t total = 0;
  for (word n = 0; n < count; ++n) {
    auto part = buffer(vectors, n).bytes;
    if (auto failed = write_all(output(fd), part)) return failed;
    total += part.size();
  }
  put(written, total);
  return success;
}

errno_t PREVIEW1(fd_read)(word fd, word vectors, word count, word read) {
  if (fd != in) return bad_descriptor;
  static auto stream = wasi::cli::stdin_::get_stdin();
  std::uint32_t total = 0;
  for (word n = 0; n < count && !total; ++n) {
    auto target = buffer(vectors, n).bytes;
    if (target.empty()) continue;
    auto chunk = stream.blocking_read(target.size());
    if (!chunk) {
      if (std::holds_alternative<wasi::io::streams::stream_error::closed>(chunk.error())) break;
      return io_error;
    }
    std::copy(chunk->begin(), chunk->end(), target.begin());
    total = chunk->size();
  }
  put(read, total);
  return success;
}

// A terminal, as far as libc can tell: it then hands over each line of stdout when it is complete.
errno_t PREVIEW1(fd_fdstat_get)(word fd, word stat) {
  if (fd < in || fd > err) return bad_descriptor;
  constexpr std::uint8_t character_device = 2;
  constexpr std::uint64_t right_read = 1 << 1, right_write = 1 << 6;
  put<std::uint64_t>(stat, character_device);  // and no flags
  put(stat + 8, fd == in ? right_read : right_write);
  put<std::uint64_t>(stat + 16, 0);
  return success;
}

errno_t PREVIEW1(fd_close)(word fd) { return fd >= in && fd <= err ? success : bad_descriptor; }
errno_t PREVIEW1(fd_seek)(word, std::int64_t, word, word) { return bad_descriptor; }
errno_t PREVIEW1(fd_prestat_get)(word, word) { return bad_descriptor; }
errno_t PREVIEW1(fd_prestat_dir_name)(word, word, word) { return bad_descriptor; }
}
