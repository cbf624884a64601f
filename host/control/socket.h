// The control interface on a unix socket in the state folder. A request is a line
// `SUBJECT BYTES\n` and so many bytes of payload; the reply a line `BYTES\n` and so many bytes.
// One connection may carry several requests, one after the other.
#pragma once
#include <chrono>
#include <cstddef>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "base/result.h"

namespace weft::control {

constexpr std::size_t k_longest_subject = 1024;         // bytes
constexpr std::size_t k_largest_payload = 1024 * 1024;  // bytes, of requests
// A client that is silent for longer is let go of, unless it waits for a reply.
constexpr std::chrono::milliseconds k_patience{10'000};
constexpr std::size_t k_most_clients = 32;  // connected at once; others wait to be taken

std::filesystem::path socket_path(const std::filesystem::path& state);

// Serves on a thread of its own, for the owner of the state folder only.
class SocketServer {
 public:
  // Takes a request and what is to be called with the reply, once, from any thread, and not copied.
  // The server's thread calls it; it must not block.
  using Handler = std::function<void(std::string subject, std::string payload,
                                     std::function<void(std::string)> reply)>;

  // A socket that a host left behind is replaced: whoever holds the state folder's lock is alone.
  // denied: it cannot be made, with the path.
  static Result<std::unique_ptr<SocketServer>> open(
      const std::filesystem::path& path, Handler handler,
      std::chrono::milliseconds patience = k_patience);
  // Ends every connection. Replies that come later go nowhere.
  ~SocketServer();

 private:
  struct State;
  SocketServer(std::filesystem::path path, std::shared_ptr<State> state)
      : path_(std::move(path)), state_(std::move(state)) {}
  const std::filesystem::path path_;
  const std::shared_ptr<State> state_;
};

// Asks the host of this state folder and waits. unavailable: none runs there, with the command that
// starts one; timed_out: no reply within `patience`.
Result<std::string> ask(const std::filesystem::path& state, std::string_view subject,
                        std::string_view payload, std::chrono::milliseconds patience);

}  // namespace weft::control
