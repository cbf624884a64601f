// Which addresses lead to the internet at large, and which inside: to this machine, its networks or
// nowhere.
#pragma once
#include <boost/asio/ip/address.hpp>
#include <optional>
#include <string_view>

namespace weft::net {

// What an address is when it is not a public one: "loopback", "private", "link-local (metadata
// services too)"…; empty when it is public. IPv6 addresses that carry an IPv4 one (mapped,
// compatible, NAT64, 6to4) are judged by that.
std::string_view inner_range(const boost::asio::ip::address& address);

// Whether this machine has the address, as its interfaces say now.
bool is_own(const boost::asio::ip::address& address);

// "10.1.0.0/16", "fd00::/8", or one address: "::1".
struct AddressRange {
  boost::asio::ip::address_v6 first;  // IPv4 as mapped
  unsigned bits = 128;

  static std::optional<AddressRange> parse(std::string_view text);
  bool contains(const boost::asio::ip::address& address) const;
};

}  // namespace weft::net
