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

TEST(AddressRange, holds_the_addresses_that_begin_like_it) {
  const auto holds = [](std::string_view range, const char* address) {
    const auto parsed = AddressRange::parse(range);
    return parsed && parsed->contains(boost::asio::ip::make_address(address));
  };

  EXPECT_TRUE(holds("10.1.0.0/16", "10.1.255.3"));
  EXPECT_FALSE(holds("10.1.0.0/16", "10.2.0.1"));
  EXPECT_TRUE(holds("10.1.0.0/16", "::ffff:10.1.2.3"));
  EXPECT_TRUE(holds("::1", "::1"));
  EXPECT_FALSE(holds("::1", "::2"));
  EXPECT_TRUE(holds("fd00::/8", "fd12::7"));
  EXPECT_FALSE(holds("0.0.0.0/0", "fd12::7"));
  EXPECT_TRUE(holds("0.0.0.0/0", "127.0.0.1"));
}

TEST(AddressRange, is_none_of_what_is_no_address_or_longer_than_one) {
  for (const auto* text : {"", "true", "10.1", "10.1.0.0/33", "::1/129", "10.0.0.0/", "10.0.0.0/x"})
    EXPECT_FALSE(AddressRange::parse(text)) << text;
}

TEST(OwnAddress, is_one_of_an_interface) {
  EXPECT_TRUE(is_own(boost::asio::ip::make_address("127.0.0.1")));
  EXPECT_FALSE(is_own(boost::asio::ip::make_address("192.0.2.77")));
}

}  // namespace
}  // namespace weft::net
