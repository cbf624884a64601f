#include "tests/support/redis_server.h"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <chrono>
#include <cstring>
#include <thread>
#include <utility>

namespace weft::tests {
namespace {

constexpr int k_attempts = 5;  // to find a port: another process may take it first
constexpr std::chrono::seconds k_start_patience{20};

}  // namespace

RedisServer::RedisServer(std::vector<std::string> arguments, std::string password)
    : arguments_(std::move(arguments)), password_(std::move(password)) {
  for (int i = 0; i < k_attempts; ++i) {
    port_ = free_port();
    start();
    if (process_->running()) return;
  }
}

void RedisServer::start() {
  std::vector<std::string> words = {"redis-server",
                                    "--port",
                                    std::to_string(port_),
                                    "--bind",
                                    "127.0.0.1",
                                    "--unixsocket",
                                    socket_file(),
                                    "--dir",
                                    folder_.path().string(),
                                    "--save",
                                    "",
                                    "--appendonly",
                                    "no"};
  words.insert(words.end(), arguments_.begin(), arguments_.end());
  process_ = std::make_unique<Process>(Process::Command{
      .words = std::move(words), .package = "redis-server", .output = folder_.path() / "log"});
  const auto until = std::chrono::steady_clock::now() + k_start_patience;
  while (process_->running() && !answers()) {
    if (std::chrono::steady_clock::now() > until) {
      ADD_FAILURE() << "redis-server does not answer: " << process_->output();
      return;
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
}

// By its socket file, which needs no password to connect to.
bool RedisServer::answers() const {
  const int socket = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const auto path = socket_file();
  std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
  bool good = ::connect(socket, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0;
  if (good) {
    char reply[64];
    good = ::send(socket, "PING\r\n", 6, MSG_NOSIGNAL) == 6 &&
           ::recv(socket, reply, sizeof reply, 0) > 0 &&
           std::string_view(reply).find("LOADING") == std::string_view::npos;
  }
  ::close(socket);
  return good;
}

std::string RedisServer::cli(std::vector<std::string> words) const {
  std::vector<std::string> all = {"redis-cli", "-s", socket_file()};
  if (!password_.empty()) all.insert(all.end(), {"--no-auth-warning", "-a", password_});
  all.insert(all.end(), words.begin(), words.end());
  auto printed = run(all, "redis-tools");
  if (printed.ends_with('\n')) printed.pop_back();
  return printed;
}

}  // namespace weft::tests
