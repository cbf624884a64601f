#include "net/address_range.h"

#include <ifaddrs.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string>

#include "net/http_syntax.h"

namespace weft::net {
namespace {

namespace ip = boost::asio::ip;
using ip::address_v6;

struct Range4 {
  std::uint32_t first;
  unsigned bits;
  std::string_view what;
};
constexpr std::uint32_t quad(unsigned a, unsigned b, unsigned c, unsigned d) {
  return a << 24 | b << 16 | c << 8 | d;
}
// IANA's special-purpose registry (RFC 6890 and its updates).
constexpr std::array k_ranges4 = {
    Range4{quad(0, 0, 0, 0), 8, "this network"},
    Range4{quad(10, 0, 0, 0), 8, "private"},
    Range4{quad(100, 64, 0, 0), 10, "shared by carriers"},
    Range4{quad(127, 0, 0, 0), 8, "loopback"},
    Range4{quad(169, 254, 0, 0), 16, "link-local, where metadata services are"},
    Range4{quad(172, 16, 0, 0), 12, "private"},
    Range4{quad(192, 0, 0, 0), 24, "reserved"},
    Range4{quad(192, 0, 2, 0), 24, "for documentation"},
    Range4{quad(192, 88, 99, 0), 24, "reserved"},
    Range4{quad(192, 168, 0, 0), 16, "private"},
    Range4{quad(198, 18, 0, 0), 15, "for benchmarks"},
    Range4{quad(198, 51, 100, 0), 24, "for documentation"},
    Range4{quad(203, 0, 113, 0), 24, "for documentation"},
    Range4{quad(224, 0, 0, 0), 4, "multicast"},
    Range4{quad(240, 0, 0, 0), 4, "reserved"}};

struct Range6 {
  std::array<std::uint8_t, 8> first;  // the rest is zero
  unsigned bits;
  std::string_view what;
};
constexpr std::array k_ranges6 = {
    Range6{{0x00, 0x64, 0xff, 0x9b, 0x00, 0x01}, 48, "private (NAT64)"},
    Range6{{0x01, 0x00}, 64, "discarded"},
    Range6{{0x20, 0x01, 0x00, 0x00}, 23, "reserved (Teredo and others)"},
    Range6{{0x20, 0x01, 0x0d, 0xb8}, 32, "for documentation"},
    Range6{{0x3f, 0xff}, 20, "for documentation"},
    Range6{{0x5f, 0x00}, 16, "reserved"},
    Range6{{0xfc}, 7, "private"},
    Range6{{0xfe, 0x80}, 10, "link-local"},
    Range6{{0xfe, 0xc0}, 10, "site-local"},
    Range6{{0xff}, 8, "multicast"}};

std::string_view inner4(std::uint32_t address) {
  const auto found = std::ranges::find_if(k_ranges4, [address](const Range4& range) {
    return (address ^ range.first) >> (32 - range.bits) == 0;
  });
  return found == k_ranges4.end() ? std::string_view() : found->what;
}

bool same_begin(const address_v6::bytes_type& one, const address_v6::bytes_type& other,
                unsigned bits) {
  for (unsigned bit = 0; bit < bits; ++bit) {
    if (((one[bit / 8] ^ other[bit / 8]) >> (7 - bit % 8) & 1) != 0) return false;
  }
  return true;
}

bool within(const address_v6::bytes_type& bytes, const Range6& range) {
  address_v6::bytes_type first{};
  std::ranges::copy(range.first, first.begin());
  return same_begin(bytes, first, range.bits);
}

address_v6 wide(const ip::address& address) {
  return address.is_v6() ? ip::make_address_v6(address.to_v6().to_bytes())
                         : ip::make_address_v6(ip::v4_mapped, address.to_v4());
}

address_v6 wide(const sockaddr& raw) {
  if (raw.sa_family == AF_INET) {
    sockaddr_in in{};
    std::memcpy(&in, &raw, sizeof(in));
    return wide(ip::address_v4(ntohl(in.sin_addr.s_addr)));
  }
  sockaddr_in6 in{};
  std::memcpy(&in, &raw, sizeof(in));
  address_v6::bytes_type bytes;
  std::memcpy(bytes.data(), &in.sin6_addr, bytes.size());
  return address_v6(bytes);
}

std::uint32_t embedded(const address_v6::bytes_type& bytes, std::size_t at) {
  return quad(bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]);
}

std::string_view inner6(const address_v6::bytes_type& bytes) {
  constexpr Range6 nat64{{0x00, 0x64, 0xff, 0x9b}, 96, ""};
  constexpr Range6 six_to_four{{0x20, 0x02}, 16, ""};
  constexpr Range6 low{{}, 64, ""};
  if (within(bytes, low)) {
    // ::, ::1, and IPv4 addresses that are mapped (::ffff:0:0/96), translated or compatible
    // (::/96).
    const auto rest = embedded(bytes, 12);
    const auto middle = embedded(bytes, 8);
    if (middle == 0 && rest <= 1) return rest == 1 ? "loopback" : "unspecified";
    if (middle == 0 || middle == 0xffff || middle == 0xffff0000) return inner4(rest);
    return "reserved";
  }
  if (within(bytes, nat64)) return inner4(embedded(bytes, 12));
  if (within(bytes, six_to_four)) return inner4(embedded(bytes, 2));
  const auto found = std::ranges::find_if(
      k_ranges6, [&bytes](const Range6& range) { return within(bytes, range); });
  return found == k_ranges6.end() ? std::string_view() : found->what;
}

}  // namespace

std::string_view inner_range(const boost::asio::ip::address& address) {
  return address.is_v4() ? inner4(address.to_v4().to_uint()) : inner6(address.to_v6().to_bytes());
}

bool is_own(const boost::asio::ip::address& address) {
  ifaddrs* found = nullptr;
  if (::getifaddrs(&found) != 0) return true;  // nobody knows
  const std::unique_ptr<ifaddrs, decltype(&::freeifaddrs)> list(found, ::freeifaddrs);
  const auto wanted = wide(address);
  for (const auto* one = found; one != nullptr; one = one->ifa_next) {
    if (one->ifa_addr == nullptr) continue;
    const auto family = one->ifa_addr->sa_family;
    if ((family == AF_INET || family == AF_INET6) && wide(*one->ifa_addr) == wanted) return true;
  }
  return false;
}

std::optional<AddressRange> AddressRange::parse(std::string_view text) {
  const auto slash = std::min(text.find('/'), text.size());
  boost::system::error_code error;
  const auto address = ip::make_address(std::string(text.substr(0, slash)), error);
  if (error) return std::nullopt;
  const unsigned most = address.is_v4() ? 32 : 128;
  unsigned bits = most;
  if (slash < text.size()) {
    const auto number = parse_decimal(text.substr(slash + 1));
    if (!number || *number > most) return std::nullopt;
    bits = static_cast<unsigned>(*number);
  }
  return AddressRange{wide(address), bits + 128 - most};
}

bool AddressRange::contains(const boost::asio::ip::address& address) const {
  return same_begin(wide(address).to_bytes(), first.to_bytes(), bits);
}

}  // namespace weft::net
