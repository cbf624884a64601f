// Which addresses lead to the internet at large, and which inside: to this machine, its networks or
// nowhere.
#pragma once
#include <boost/asio/ip/address.hpp>
#include <string_view>

namespace weft::net {

// What an address is when it is not a public one: "loopback", "private", "link-local (metadata
// services too)"…; empty when it is public. IPv6 addresses that carry an IPv4 one (mapped,
// compatible, NAT64, 6to4) are judged by that.
std::string_view inner_range(const boost::asio::ip::address& address);

}  // namespace weft::net
