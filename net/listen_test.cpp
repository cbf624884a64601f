#include "net/listen.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace weft::net {
namespace {

TEST(ListenAddress, reads_what_people_write) {
  EXPECT_EQ(ListenAddress::parse("127.0.0.1:8000")->text(), "127.0.0.1:8000");
  EXPECT_EQ(ListenAddress::parse("[::1]:80")->text(), "[::1]:80");
  EXPECT_EQ(ListenAddress::parse("localhost:1")->text(), "127.0.0.1:1");
  EXPECT_EQ(ListenAddress::parse(":8080")->text(), "0.0.0.0:8080");
}

TEST(ListenAddress, says_which_forms_there_are) {
  for (const auto* text : {"", "8000", "::1:80", "127.0.0.1", "127.0.0.1:", "127.0.0.1:65536",
                           "a:b", "[127.0.0.1]:1"}) {
    const auto read = ListenAddress::parse(text);
    ASSERT_FALSE(read) << text;
    EXPECT_NE(read.error().message.find("127.0.0.1:8000"), std::string::npos);
  }
}

TEST(Port, that_somebody_listens_at_is_a_conflict_even_when_that_socket_shares) {
  boost::asio::io_context io;
  const auto first = TcpNetwork().listen(io, *ListenAddress::parse("127.0.0.1:0"));
  ASSERT_TRUE(first) << first.error().message;
  const auto& taken = first->address;

  const auto probed = TcpNetwork().probe(taken);

  ASSERT_FALSE(probed);
  EXPECT_EQ(probed.error().code, Errc::conflict);
  EXPECT_NE(probed.error().message.find(taken.text()), std::string::npos);
}

TEST(Port, can_be_shared_within_the_process_once_it_was_probed) {
  boost::asio::io_context io;
  const auto first = TcpNetwork().listen(io, *ListenAddress::parse("[::1]:0"));
  ASSERT_TRUE(first) << first.error().message;

  EXPECT_TRUE(TcpNetwork().listen(io, first->address));
}

TEST(Port, that_only_sockets_of_ones_own_hold_is_free_for_another_address) {
  boost::asio::io_context io;
  auto first = TcpNetwork().listen(io, *ListenAddress::parse("127.0.0.1:0"));
  ASSERT_TRUE(first) << first.error().message;
  const std::vector own{own_socket(*first)};
  const auto wider =
      *ListenAddress::parse("0.0.0.0:" + std::to_string(own.front().endpoint.port()));

  EXPECT_FALSE(TcpNetwork().probe(wider));
  EXPECT_TRUE(TcpNetwork().probe(wider, own));
  EXPECT_TRUE(TcpNetwork().listen(io, wider));
}

TEST(Port, that_somebody_else_holds_beside_ones_own_sockets_is_a_conflict) {
  boost::asio::io_context io;
  auto first = TcpNetwork().listen(io, *ListenAddress::parse("127.0.0.1:0"));
  ASSERT_TRUE(first) << first.error().message;
  const std::vector own{own_socket(*first)};
  const auto port = std::to_string(own.front().endpoint.port());
  const auto other = TcpNetwork().listen(io, *ListenAddress::parse("127.0.0.2:" + port));
  ASSERT_TRUE(other) << other.error().message;

  const auto probed = TcpNetwork().probe(*ListenAddress::parse("0.0.0.0:" + port), own);

  ASSERT_FALSE(probed);
  EXPECT_EQ(probed.error().code, Errc::conflict);
}

TEST(Port, of_a_foreign_address_is_refused_in_plain_words) {
  const auto probed = TcpNetwork().probe(*ListenAddress::parse("192.0.2.1:8000"));

  ASSERT_FALSE(probed);
  EXPECT_EQ(probed.error().code, Errc::invalid);
}

}  // namespace
}  // namespace weft::net
