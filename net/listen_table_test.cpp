#include "net/listen_table.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "net/listen.h"

namespace weft::net {
namespace {

using boost::asio::ip::tcp;

tcp::endpoint at(std::string_view text) { return ListenAddress::parse(text)->endpoint; }

TEST(ListenTable, reads_a_line_of_the_kernel) {
  const auto socket = parse_listening(
      "   3: 0100007F:1F40 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000        0 "
      "66123 1 0000000000000000 100 0 0 10 0");

  ASSERT_TRUE(socket);
  EXPECT_EQ(socket->inode, 66123u);
  EXPECT_EQ(socket->endpoint, at("127.0.0.1:8000"));
}

TEST(ListenTable, passes_over_connections_and_the_heading) {
  EXPECT_FALSE(
      parse_listening("  sl  local_address rem_address   st tx_queue rx_queue tr tm->when"));
  EXPECT_FALSE(parse_listening(
      "   4: 0100007F:1F40 0100007F:E1F4 01 00000000:00000000 00:00000000 00000000  1000        0 "
      "66124 1 0000000000000000 20 4 30 10 -1"));
}

TEST(ListenTable, finds_the_sockets_of_this_process_of_both_families) {
  boost::asio::io_context io;
  for (const auto* address : {"127.0.0.1:0", "[::1]:0", "[::]:0", "0.0.0.0:0"}) {
    auto listening_here = TcpNetwork().listen(io, *ListenAddress::parse(address));
    ASSERT_TRUE(listening_here) << listening_here.error().message;
    const auto own = own_socket(*listening_here);

    const auto listening = listening_sockets(own.endpoint.port());

    ASSERT_TRUE(listening);
    const auto found = std::ranges::find(*listening, own.inode, &ListeningSocket::inode);
    ASSERT_NE(found, listening->end()) << address;
    EXPECT_EQ(found->endpoint, own.endpoint);
  }
}

TEST(ListenTable, knows_which_addresses_overlap) {
  EXPECT_TRUE(overlap(at("127.0.0.1:80"), at("0.0.0.0:80")));
  EXPECT_TRUE(overlap(at("[::]:80"), at("127.0.0.1:80")));
  EXPECT_TRUE(overlap(at("0.0.0.0:80"), at("[::]:80")));
  EXPECT_TRUE(overlap(at("[::1]:80"), at("[::]:80")));
  EXPECT_FALSE(overlap(at("[::1]:80"), at("0.0.0.0:80")));
  EXPECT_FALSE(overlap(at("127.0.0.1:80"), at("127.0.0.2:80")));
  EXPECT_FALSE(overlap(at("0.0.0.0:80"), at("0.0.0.0:81")));
}

}  // namespace
}  // namespace weft::net
