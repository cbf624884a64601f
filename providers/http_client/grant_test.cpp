#include "providers/http_client/grant.h"

#include <gtest/gtest.h>

namespace weft::providers::http_client {
namespace {

std::string_view refused(const contracts::Settings& settings, std::string_view scheme,
                         std::string_view authority) {
  static std::optional<Grant> grant;
  auto parsed = Grant::parse(settings);
  EXPECT_TRUE(parsed) << parsed.error().message;
  grant = *std::move(parsed);
  const auto target = Target::of(scheme, authority);
  EXPECT_TRUE(target) << authority;
  return target ? grant->refuses(*target) : "no target";
}

std::string complaint(const std::string& key, const std::string& value) {
  const auto parsed = Grant::parse({{key, value}});
  return parsed ? "" : parsed.error().message;
}

TEST(Grant, without_settings_allows_every_target) {
  EXPECT_EQ(refused({}, "https", "example.com"), "");
  EXPECT_EQ(refused({}, "http", "[::1]:8080"), "");
}

TEST(Grant, is_not_widened_by_a_list_without_entries) {
  for (const auto* key : {"hosts", "ports", "schemes"}) {
    for (const auto* value : {"", " ", ",", " , "})
      EXPECT_NE(complaint(key, value).find("at least one entry"), std::string::npos) << key;
  }
}

TEST(Grant, is_narrowed_by_hosts) {
  const contracts::Settings settings{{"hosts", "api.example.com, *.Shop.example"}};

  EXPECT_EQ(refused(settings, "https", "API.example.com:444"), "");
  EXPECT_EQ(refused(settings, "https", "api.example.com."), "");
  EXPECT_EQ(refused(settings, "https", "a.b.shop.example"), "");
  EXPECT_EQ(refused(settings, "https", "shop.example"), "hosts");
  EXPECT_EQ(refused(settings, "https", "evilshop.example"), "hosts");
  EXPECT_EQ(refused(settings, "https", "api.example.com.evil.example"), "hosts");
  EXPECT_EQ(refused(settings, "https", "[::1]"), "hosts");
  EXPECT_EQ(refused({{"hosts", "[::1]"}}, "https", "[::1]:80"), "");
}

TEST(Grant, is_narrowed_by_ports_and_schemes) {
  const contracts::Settings settings{{"ports", "443,8443"}, {"schemes", "https"}};

  EXPECT_EQ(refused(settings, "https", "example.com"), "");
  EXPECT_EQ(refused(settings, "https", "example.com:8443"), "");
  EXPECT_EQ(refused(settings, "https", "example.com:22"), "ports");
  EXPECT_EQ(refused(settings, "http", "example.com:443"), "schemes");
}

TEST(Grant, tells_which_key_is_wrong_and_what_it_takes) {
  EXPECT_EQ(complaint("ports", "80, x"), "ports takes a list of ports such as 443, 8443; not 'x'");
  EXPECT_EQ(complaint("ports", "0"), "ports takes a list of ports such as 443, 8443; not '0'");
  EXPECT_NE(complaint("hosts", "https://example.com"), "");
  EXPECT_NE(complaint("hosts", "*.*.example.com"), "");
  EXPECT_NE(complaint("hosts", "example.com:80"), "");
  EXPECT_EQ(complaint("schemes", "ftp"), "schemes takes http, https or both; not 'ftp'");
  EXPECT_EQ(complaint("allow_private", "yes"),
            "allow_private takes true, false or addresses such as 10.1.0.0/16, ::1; not 'yes'");
  EXPECT_NE(complaint("connect_timeout", "10"), "");
  EXPECT_NE(complaint("allow_private", ""), "");
  EXPECT_EQ(complaint("connect_timeout", "10s"), "");
  EXPECT_NE(complaint("connections", "0"), "");
}

TEST(Grant, is_widened_to_private_addresses_by_their_ranges) {
  const auto grant = Grant::parse({{"allow_private", "10.1.0.0/16, ::1"}}).value();
  const auto refuses = [&grant](const char* address) {
    return grant.refuses(boost::asio::ip::make_address(address));
  };

  EXPECT_EQ(refuses("10.1.2.3"), "");
  EXPECT_EQ(refuses("::1"), "");
  EXPECT_EQ(refuses("192.0.3.1"), "");
  EXPECT_EQ(refuses("10.2.0.1"), "private");
  EXPECT_EQ(refuses("127.0.0.1"), "loopback");
}

TEST(Target, of_what_is_no_authority_is_none) {
  for (const auto* authority : {"", ":80", "a:0", "a:99999", "user@host", ".", "[::1"})
    EXPECT_FALSE(Target::of("http", authority)) << authority;
}

}  // namespace
}  // namespace weft::providers::http_client
