#include "net/address_range.h"

#include <gtest/gtest.h>

namespace weft::net {
namespace {

std::string_view range(const char* address) {
  return inner_range(boost::asio::ip::make_address(address));
}

TEST(InnerRange, is_empty_for_public_addresses) {
  for (const auto* address :
       {"1.1.1.1", "9.255.255.255", "11.0.0.0", "100.63.255.255", "100.128.0.0", "126.255.255.255",
        "128.0.0.1", "169.253.255.255", "172.15.255.255", "172.32.0.0", "192.167.255.255",
        "223.255.255.255", "2606:4700::1111", "2a00::1", "::ffff:1.1.1.1", "64:ff9b::101:101",
        "2002:101:101::1"}) {
    EXPECT_EQ(range(address), "") << address;
  }
}

TEST(InnerRange, names_those_that_lead_inside) {
  for (const auto* address : {"0.0.0.0",
                              "10.0.0.1",
                              "100.64.0.1",
                              "127.0.0.1",
                              "127.255.255.255",
                              "169.254.169.254",
                              "172.16.0.1",
                              "172.31.255.255",
                              "192.168.1.1",
                              "198.19.255.255",
                              "224.0.0.1",
                              "255.255.255.255",
                              "::",
                              "::1",
                              "fc00::1",
                              "fdff::1",
                              "fe80::1",
                              "febf::1",
                              "fec0::1",
                              "ff02::1",
                              "2001::1",
                              "2001:db8::1",
                              "100::1",
                              "fd00:ec2::254"}) {
    EXPECT_NE(range(address), "") << address;
  }
  EXPECT_EQ(range("169.254.169.254"), "link-local, where metadata services are");
}

TEST(InnerRange, sees_an_ipv4_address_inside_an_ipv6_address) {
  for (const auto* address :
       {"::ffff:127.0.0.1", "::ffff:0:127.0.0.1", "::127.0.0.1", "64:ff9b::7f00:1", "64:ff9b:1::1",
        "2002:7f00:1::1", "::ffff:169.254.169.254", "::ffff:10.0.0.1"}) {
    EXPECT_NE(range(address), "") << address;
  }
}

}  // namespace
}  // namespace weft::net
