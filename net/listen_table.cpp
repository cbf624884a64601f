#include "net/listen_table.h"

#include <algorithm>
#include <array>
#include <boost/asio/ip/address_v4.hpp>
#include <boost/asio/ip/address_v6.hpp>
#include <charconv>
#include <cstddef>
#include <cstring>
#include <fstream>
#include <string>

namespace weft::net {
namespace {

namespace ip = boost::asio::ip;

template <class Number>
bool read_number(std::string_view text, Number& value, int base) {
  const char* end = text.data() + text.size();
  const auto read = std::from_chars(text.data(), end, value, base);
  return read.ec == std::errc() && read.ptr == end;
}

// The kernel prints addresses as words of the machine's own byte order.
template <class Bytes>
bool read_address(std::string_view text, Bytes& bytes) {
  constexpr std::size_t digits = 8;
  if (text.size() != bytes.size() * 2) return false;
  for (std::size_t at = 0; at < bytes.size(); at += sizeof(std::uint32_t)) {
    std::uint32_t word = 0;
    if (!read_number(text.substr(at * 2, digits), word, 16)) return false;
    std::memcpy(bytes.data() + at, &word, sizeof word);
  }
  return true;
}

std::optional<ip::tcp::endpoint> read_endpoint(std::string_view text) {
  const auto colon = text.find(':');
  std::uint16_t port = 0;
  if (colon == text.npos || !read_number(text.substr(colon + 1), port, 16)) return std::nullopt;
  ip::address_v4::bytes_type four;
  ip::address_v6::bytes_type six;
  const auto address = text.substr(0, colon);
  if (read_address(address, four)) return ip::tcp::endpoint(ip::address_v4(four), port);
  if (read_address(address, six)) return ip::tcp::endpoint(ip::address_v6(six), port);
  return std::nullopt;
}

}  // namespace

std::optional<ListeningSocket> parse_listening(std::string_view line) {
  // sl local_address rem_address st tx:rx tr:when retrnsmt uid timeout inode; of thousands of lines
  // few are of sockets that listen.
  constexpr std::size_t local = 1, state = 3, inode = 9;
  std::array<std::string_view, inode + 1> words;
  for (std::size_t word = 0; word < words.size(); ++word) {
    line.remove_prefix(std::min(line.find_first_not_of(' '), line.size()));
    words[word] = line.substr(0, line.find(' '));
    line.remove_prefix(words[word].size());
    if (word == state && words[state] != "0A") return std::nullopt;
  }
  const auto endpoint = read_endpoint(words[local]);
  ListeningSocket socket;
  if (!endpoint || !read_number(words[inode], socket.inode, 10)) return std::nullopt;
  socket.endpoint = *endpoint;
  return socket;
}

Result<std::vector<ListeningSocket>> listening_sockets(std::uint16_t port) {
  std::vector<ListeningSocket> found;
  bool any = false;
  for (const auto* table : {"/proc/self/net/tcp", "/proc/self/net/tcp6"}) {
    std::ifstream file(table);
    any |= file.good();
    for (std::string line; std::getline(file, line);) {
      const auto socket = parse_listening(line);
      if (socket && socket->endpoint.port() == port) found.push_back(*socket);
    }
  }
  if (!any) {
    return fail(Errc::unavailable,
                "/proc/self/net/tcp cannot be read, so that nobody knows who else listens");
  }
  return found;
}

bool overlap(const ip::tcp::endpoint& a, const ip::tcp::endpoint& b) {
  if (a.port() != b.port()) return false;
  const auto x = a.address(), y = b.address();
  if (x == y) return true;
  const auto takes = [](const ip::address& all, const ip::address& one) {
    return all.is_unspecified() && (all.is_v6() || one.is_v4());
  };
  return takes(x, y) || takes(y, x);
}

}  // namespace weft::net
