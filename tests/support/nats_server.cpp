#include "tests/support/nats_server.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <chrono>
#include <fstream>
#include <string_view>
#include <thread>
#include <utility>

namespace weft::tests {
namespace {

constexpr int k_ports_tried = 5;  // another process may take one first
constexpr std::chrono::seconds k_nats_patience{20};

// -1 when nobody listens.
int connect_to(std::uint16_t port) {
  const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const timeval patience{.tv_sec = 5, .tv_usec = 0};
  ::setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  if (::connect(socket, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0) return socket;
  ::close(socket);
  return -1;
}

// Reads until these words came, or until nothing more does.
std::string read_until(int socket, std::string_view words) {
  std::string all;
  char piece[4096];
  while (!all.contains(words)) {
    const auto size = ::recv(socket, piece, sizeof piece, 0);
    if (size <= 0) break;
    all.append(piece, static_cast<std::size_t>(size));
  }
  return all;
}

void send_all(int socket, const std::string& bytes) {
  if (::send(socket, bytes.data(), bytes.size(), MSG_NOSIGNAL) !=
      static_cast<ssize_t>(bytes.size()))
    ADD_FAILURE() << "nats-server takes nothing";
}

}  // namespace

NatsServer::NatsServer(std::string configuration) : configuration_(std::move(configuration)) {
  for (int i = 0; i < k_ports_tried; ++i) {
    port_ = free_port();
    start();
    if (process_->running()) return;
  }
}

void NatsServer::start() {
  const auto file = folder() / "nats.conf";
  std::ofstream(file) << "listen: 127.0.0.1:" << port_ << "\nserver_name: test" << port_
                      << "\njetstream { store_dir: \"" << folder().string() << "\" }\n"
                      << configuration_ << "\n";
  process_ = std::make_unique<Process>(Process::Command{
      .words = {"nats-server", "-c", file}, .package = "nats-server", .output = folder() / "log"});
  const auto until = std::chrono::steady_clock::now() + k_nats_patience;
  while (process_->running() && !answers()) {
    if (std::chrono::steady_clock::now() > until) {
      ADD_FAILURE() << "nats-server does not answer: " << process_->output();
      return;
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
}

// It listens to clients when all the rest has started.
bool NatsServer::answers() const {
  const int socket = connect_to(port_);
  if (socket < 0) return false;
  const bool good = read_until(socket, "\r\n").starts_with("INFO ");
  ::close(socket);
  return good;
}

std::string ask_nats(std::uint16_t port, const std::string& subject, const std::string& payload,
                     const std::string& headers) {
  const int socket = connect_to(port);
  send_all(socket,
           "CONNECT {\"verbose\":false,\"headers\":true,\"no_responders\":true}\r\n"
           "SUB _INBOX.asked 1\r\n");
  const auto total = std::to_string(headers.size() + payload.size());
  send_all(socket, headers.empty()
                       ? "PUB " + subject + " _INBOX.asked " + total + "\r\n" + payload + "\r\n"
                       : "HPUB " + subject + " _INBOX.asked " + std::to_string(headers.size()) +
                             " " + total + "\r\n" + headers + payload + "\r\n");
  auto all = read_until(socket, "MSG _INBOX.asked");
  const auto line = all.find("MSG _INBOX.asked");
  if (line == std::string::npos) {
    ::close(socket);
    ADD_FAILURE() << "nobody answers on " << subject << ": " << all;
    return {};
  }
  send_all(socket, "PING\r\n");
  all += read_until(socket, "PONG\r\n");
  ::close(socket);
  const auto begin = all.find("\r\n", line) + 2;
  return all.substr(begin, all.rfind("\r\nPONG") - begin);
}

}  // namespace weft::tests
