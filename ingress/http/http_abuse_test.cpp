// What a malformed or hostile client sees; a slow one is in tests/scenarios.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "ingress/http/scenario.h"
#include "tests/support/raw_client.h"

namespace weft::ingress {
namespace {

using ::testing::EndsWith;
using testing::eventually;
using ::testing::HasSubstr;
using ::testing::Not;
using testing::Scenario;
using ::testing::StartsWith;
using tests::RawClient;

struct Attack {
  const char* name;
  std::string bytes;
  const char* status;
};

class SmuggledRequest : public ::testing::TestWithParam<Attack> {};

// Whatever stands behind the malformed request must not be served as a request of its own.
TEST_P(SmuggledRequest, is_refused_and_nothing_behind_it_is_read) {
  Scenario scenario;
  RawClient client(scenario.port);

  client.send(GetParam().bytes + "GET /fields HTTP/1.1\r\nHost: smuggled\r\n\r\n");
  const auto all = client.read_all();

  EXPECT_THAT(all, HasSubstr(std::string("HTTP/1.1 ") + GetParam().status));
  EXPECT_THAT(all, HasSubstr("connection: close\r\n"));
  EXPECT_THAT(all, Not(HasSubstr("smuggled")));
  EXPECT_TRUE(client.closed);
}

const Attack k_attacks[] = {
    {"lengths_conflict",
     "POST /late HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\nContent-Length: 5\r\n\r\n", "400"},
    {"length_and_chunked",
     "POST /late HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nTransfer-Encoding: "
     "chunked\r\n\r\n0\r\n\r\n",
     "400"},
    {"chunked_and_length",
     "POST /late HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nContent-Length: "
     "5\r\n\r\n0\r\n\r\n",
     "400"},
    {"coding_obscured",
     "POST /late HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: xchunked\r\n\r\n0\r\n\r\n", "501"},
    {"coding_name_obscured",
     "POST /late HTTP/1.1\r\nHost: a\r\nTransfer-Encoding : chunked\r\n\r\n0\r\n\r\n", "400"},
    {"bare_lf", "GET /hello HTTP/1.1\nHost: a\n\n", "400"},
    {"folded", "GET /hello HTTP/1.1\r\nHost: a\r\nX: b\r\n c\r\n\r\n", "400"},
    {"two_hosts", "GET /hello HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", "400"},
    {"no_host", "GET /hello HTTP/1.1\r\n\r\n", "400"},
    {"chunk_size_obscured",
     "POST /late HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0x0\r\n\r\n", "400"},
    {"chunk_extension_with_line_end",
     "POST /late HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: "
     "chunked\r\n\r\n1;a=\"\n\"\r\nx\r\n0\r\n\r\n",
     "400"},
    {"chunk_overrun",
     "POST /late HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nxy\r\n0\r\n\r\n",
     "400"},
    {"rubbish", "\x01\x02\x03\r\n\r\n", "400"},
    {"other_protocol", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "505"},
    {"endless_target", "GET /" + std::string(20'000, 'a') + " HTTP/1.1\r\n\r\n", "414"},
    {"large_header", "GET / HTTP/1.1\r\nHost: a\r\nX: " + std::string(100'000, 'a') + "\r\n\r\n",
     "431"},
};
INSTANTIATE_TEST_SUITE_P(Http, SmuggledRequest, ::testing::ValuesIn(k_attacks),
                         [](const auto& info) { return std::string(info.param.name); });

TEST(HttpAbuse, of_malformed_chunks_takes_the_request_back_from_the_guest_that_reads_it) {
  Scenario scenario;
  RawClient client(scenario.port);
  client.send("POST /late HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n");
  ASSERT_TRUE(eventually([&] { return scenario.application.wants > 0; }));

  client.send("zz\r\n");

  EXPECT_THAT(client.read_all(), StartsWith("HTTP/1.1 400"));
  EXPECT_EQ(scenario.application.cancelled, 1);
  EXPECT_EQ(scenario.metrics.refused.value(), 1u);
}

TEST(HttpAbuse, by_pipelining_without_end_is_held_back) {
  Scenario scenario;
  RawClient client(scenario.port);
  client.send("GET /never HTTP/1.1\r\nHost: a\r\n\r\n");
  std::string many;
  while (many.size() < 64 * 1024) many += "GET /hello HTTP/1.1\r\nHost: a\r\n\r\n";

  std::size_t taken = 0;
  int refused = 0;
  while (refused < 2000 && taken < (64u << 20)) {
    const auto sent = client.send_some(many);
    taken += sent;
    refused = sent == 0 ? refused + 1 : 0;
    scenario.on_server([] {});
  }

  EXPECT_LT(taken, 64u << 20);
  EXPECT_EQ(scenario.application.calls, 1);
}

TEST(HttpAbuse, by_too_many_connections_leaves_the_rest_waiting_until_one_ends) {
  net::HttpServerSettings settings;
  settings.connections = 1;
  Scenario scenario(settings);
  RawClient first(scenario.port), second(scenario.port);
  first.send("GET /hello HTTP/1.1\r\nHost: a\r\n\r\n");
  second.send("GET /hello HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_THAT(first.read_response(), EndsWith("hello"));
  EXPECT_EQ(scenario.application.calls, 1);

  first.close();

  EXPECT_THAT(second.read_response(), EndsWith("hello"));
}

}  // namespace
}  // namespace weft::ingress
