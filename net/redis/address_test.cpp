#include "net/redis/address.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <tuple>

namespace weft::net::redis {
namespace {

std::string why_not(std::string_view url) {
  const auto parsed = Address::parse(url);
  return parsed ? "taken" : parsed.error().message;
}

TEST(RedisAddress, has_a_place_and_nothing_else_at_least) {
  const auto parsed = Address::parse("redis://db.example").value();

  const auto& [host, port] = std::get<HostPort>(parsed.place);
  EXPECT_EQ(std::tuple(host, port), std::tuple("db.example", 6379));
  EXPECT_EQ(std::tuple(parsed.user, parsed.password, parsed.database), std::tuple("", "", 0u));
  EXPECT_EQ(parsed.tls, Tls::no);
}

TEST(RedisAddress, has_user_password_port_and_database_at_most) {
  const auto parsed = Address::parse("rediss://ann:p%40ss:w@[::1]:7000/3").value();

  const auto& [host, port] = std::get<HostPort>(parsed.place);
  EXPECT_EQ(std::tuple(host, port), std::tuple("::1", 7000));
  EXPECT_EQ(std::tuple(parsed.user, parsed.password, parsed.database),
            std::tuple("ann", "p@ss:w", 3u));
  EXPECT_EQ(parsed.tls, Tls::yes);
}

TEST(RedisAddress, may_be_a_socket_file) {
  const auto parsed = Address::parse("unix://:secret@/run/redis.sock?db=2").value();

  EXPECT_EQ(std::get<SocketFile>(parsed.place).path, "/run/redis.sock");
  EXPECT_EQ(std::tuple(parsed.password, parsed.database), std::tuple("secret", 2u));
}

TEST(RedisAddress, may_be_sentinels_and_the_name_that_they_watch) {
  const auto parsed = Address::parse("sentinel://ann:pw@a,[::1]:7000/shop?db=2").value();

  const auto& [places, name] = std::get<Sentinels>(parsed.place);
  ASSERT_EQ(places.size(), 2u);
  EXPECT_EQ(std::tuple(places[0].host, places[0].port), std::tuple("a", 26379));
  EXPECT_EQ(std::tuple(places[1].host, places[1].port), std::tuple("::1", 7000));
  EXPECT_EQ(std::tuple(name, parsed.user, parsed.password, parsed.database),
            std::tuple("shop", "ann", "pw", 2u));
  EXPECT_EQ(parsed.text(), "sentinel://a:26379,[::1]:7000/shop?db=2");
  EXPECT_TRUE(why_not("sentinel://a").starts_with("sentinels need the name"));
}

TEST(RedisAddress, may_be_nodes_of_a_cluster) {
  const auto parsed = Address::parse("cluster://:pw@a,b:7000").value();

  EXPECT_EQ(std::get<ClusterNodes>(parsed.place).places.size(), 2u);
  EXPECT_EQ(parsed.password, "pw");
  EXPECT_EQ(parsed.text(), "cluster://a:6379,b:7000");
  EXPECT_TRUE(why_not("cluster://a/1").starts_with("a cluster has no databases"));
}

TEST(RedisAddress, is_shown_without_user_and_password) {
  EXPECT_EQ(Address::parse("redis://ann:secret@h/1").value().text(), "redis://h:6379/1");
  EXPECT_EQ(Address::parse("rediss://:secret@[::1]:7").value().text(), "rediss://[::1]:7/0");
  EXPECT_EQ(Address::parse("unix://:secret@/s?db=2").value().text(), "unix:///s?db=2");
}

TEST(RedisAddress, that_is_none_is_refused_by_what_is_wrong) {
  EXPECT_TRUE(why_not("localhost:6379").starts_with("this is no url"));
  EXPECT_TRUE(why_not("http://h").starts_with("this is no url of Redis"));
  EXPECT_TRUE(why_not("redis://h:0").starts_with("the port is no number"));
  EXPECT_TRUE(why_not("redis://h:70000").starts_with("the port is no number"));
  EXPECT_TRUE(why_not("redis://h/first").starts_with("the database is not a number"));
  EXPECT_TRUE(why_not("redis://h/0?x=1").starts_with("what begins with '?' is not understood"));
  EXPECT_TRUE(why_not("unix:///s?x=1").starts_with("after '?' only db="));
  EXPECT_TRUE(why_not("unix://relative").starts_with("a socket file needs its whole path"));
  EXPECT_TRUE(why_not("redis://:a/b@h").starts_with("what stands before '@' must be"));
}

TEST(RedisAddress, that_is_none_is_refused_without_telling_any_part_of_a_password) {
  for (const std::string_view password :
       {"zq", "zq/jx", "zq?jx", "zq/jx?kw", "zq?jx/kw", "1/zq", "/zq", "?zq", "zq@jx/kw", "%zq",
        "zq://jx", "?db=zq", "1/?zq"}) {
    for (const std::string_view scheme :
         {"redis://", "rediss://", "unix://", "sentinel://", "cluster://", "redis:/", "x://", ""}) {
      for (const std::string_view user : {":", "ann:", ""}) {
        for (const std::string_view rest :
             {"@h", "@h:7/x", "@h/0?y", "@/s", "@/s?y", "", "@[::1]:y"}) {
          const auto url =
              std::string(scheme) + std::string(user) + std::string(password) + std::string(rest);
          const auto why = why_not(url);
          for (const std::string_view part : {"zq", "jx", "kw"})
            EXPECT_EQ(why.find(part), std::string::npos) << url << " gives " << why;
        }
      }
    }
  }
}

}  // namespace
}  // namespace weft::net::redis
