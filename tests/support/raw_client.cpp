#include "tests/support/raw_client.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <stdexcept>
#include <utility>

namespace weft::tests {
namespace {

constexpr std::chrono::seconds k_patience{10};

}  // namespace

RawClient::RawClient(std::uint16_t port, int receive_buffer) {
  socket_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (receive_buffer != 0)
    setsockopt(socket_, SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof receive_buffer);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (::connect(socket_, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) {
    throw std::runtime_error("no connection to the server under test");
  }
}

RawClient::RawClient(RawClient&& other) noexcept
    : closed(other.closed),
      socket_(std::exchange(other.socket_, -1)),
      pending_(std::move(other.pending_)) {}

RawClient::~RawClient() { close(); }

void RawClient::close() {
  if (socket_ >= 0) ::close(std::exchange(socket_, -1));
}

void RawClient::reset() {
  const linger now{1, 0};
  setsockopt(socket_, SOL_SOCKET, SO_LINGER, &now, sizeof now);
  close();
}

void RawClient::half_close() { ::shutdown(socket_, SHUT_WR); }

bool RawClient::send(std::string_view bytes) {
  while (!bytes.empty()) {
    const auto sent = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
  return true;
}

std::size_t RawClient::send_some(std::string_view bytes) {
  const auto sent = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
  return sent > 0 ? static_cast<std::size_t>(sent) : 0;
}

bool RawClient::more() {
  if (closed) return false;
  pollfd wait{socket_, POLLIN, 0};
  const auto patience = std::chrono::duration_cast<std::chrono::milliseconds>(k_patience).count();
  if (::poll(&wait, 1, static_cast<int>(patience)) != 1) return false;
  char buffer[16 * 1024];
  const auto got = ::recv(socket_, buffer, sizeof buffer, 0);
  if (got <= 0) {
    closed = true;
    return false;
  }
  pending_.append(buffer, static_cast<std::size_t>(got));
  return true;
}

bool RawClient::hears_nothing() {
  pollfd news{socket_, POLLIN, 0};
  return pending_.empty() && ::poll(&news, 1, 0) == 0;
}

std::string RawClient::read_until(std::string_view end) {
  std::size_t at = pending_.find(end);
  while (at == pending_.npos) {
    const auto searched = pending_.size() - std::min(pending_.size(), end.size());
    if (!more()) break;
    at = pending_.find(end, searched);
  }
  const auto size = at == pending_.npos ? pending_.size() : at + end.size();
  auto text = pending_.substr(0, size);
  pending_.erase(0, size);
  return text;
}

std::string RawClient::read_bytes(std::size_t bytes) {
  while (pending_.size() < bytes && more()) {
  }
  const auto size = std::min(bytes, pending_.size());
  auto text = pending_.substr(0, size);
  pending_.erase(0, size);
  return text;
}

std::string RawClient::read_all() {
  while (more()) {
  }
  return std::exchange(pending_, {});
}

std::string RawClient::read_response() {
  auto text = read_until("\r\n\r\n");
  constexpr std::string_view key = "content-length: ";
  const auto at = text.find(key);
  if (at == text.npos) return text;
  std::size_t length = 0;
  std::from_chars(text.data() + at + key.size(), text.data() + text.size(), length);
  return text + read_bytes(length);
}

}  // namespace weft::tests
