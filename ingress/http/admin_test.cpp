#include "ingress/http/admin.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

#include "ingress/http/scenario.h"
#include "tests/support/raw_client.h"

namespace weft::ingress {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

class FakeSource final : public AdminSource {
 public:
  std::string not_ready() override { return missing; }
  void append_metrics(std::string& out) override { out += "weft_up 1\n"; }
  std::string missing;
};

class Admin : public ::testing::Test {
 protected:
  Admin()
      : server_(*net::TcpNetwork().listen(io_, *net::ListenAddress::parse("127.0.0.1:0")), turn_,
                clock_, {}, admin_peers(source)) {
    server_.start();
  }
  // One request on a connection of its own, with the server running here.
  std::string get(std::string_view path, std::string_view method = "GET") {
    std::string response;
    std::thread client([&] {
      tests::RawClient raw(server_.address().endpoint.port());
      raw.send(std::string(method) + " " + std::string(path) + " HTTP/1.0\r\n\r\n");
      response = raw.read_all();
    });
    const auto before = served_;
    while (served_ == before) {
      io_.run_one();
      turn_.settle();
      if (server_.connections() > 0) open_ = true;
      if (open_ && server_.connections() == 0) ++served_, open_ = false;
    }
    client.join();
    return response;
  }

  FakeSource source;
  boost::asio::io_context io_{1};
  Turn turn_;
  SystemClock clock_;
  net::HttpServer server_;
  int served_ = 0;
  bool open_ = false;
};

TEST_F(Admin, says_that_the_host_lives) { EXPECT_THAT(get("/livez"), StartsWith("HTTP/1.1 200")); }

TEST_F(Admin, says_what_the_host_waits_for) {
  EXPECT_THAT(get("/readyz"), StartsWith("HTTP/1.1 200"));
  source.missing = "compiling shop-web";
  const auto response = get("/readyz");
  EXPECT_THAT(response, StartsWith("HTTP/1.1 503"));
  EXPECT_THAT(response, HasSubstr("compiling shop-web"));
}

TEST_F(Admin, gives_metrics_to_prometheus) {
  const auto response = get("/metrics");
  EXPECT_THAT(response, HasSubstr("content-type: text/plain; version=0.0.4"));
  EXPECT_THAT(response, HasSubstr("\r\n\r\nweft_up 1\n"));
}

TEST_F(Admin, refuses_what_it_does_not_have) {
  EXPECT_THAT(get("/"), StartsWith("HTTP/1.1 404"));
  const auto posted = get("/livez", "POST");
  EXPECT_THAT(posted, StartsWith("HTTP/1.1 405"));
  EXPECT_THAT(posted, HasSubstr("\r\nallow: GET, HEAD\r\n"));
}

}  // namespace
}  // namespace weft::ingress
