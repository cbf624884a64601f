#include "net/tls.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <boost/asio/ssl/context.hpp>
#include <fstream>

#include "tests/support/process.h"

namespace weft::net {
namespace {

using testing::HasSubstr;

TEST(TlsTest, says_what_to_install_when_the_system_has_no_certificates) {
  const tests::TemporaryFolder folder;
  const auto empty = (folder.path() / "empty.pem").string();
  std::ofstream{empty};
  const std::array files = {(folder.path() / "none.pem").string(), empty};

  const auto roots = read_roots(files);

  ASSERT_FALSE(roots);
  EXPECT_EQ(roots.error().code, Errc::unavailable);
  EXPECT_THAT(roots.error().message, HasSubstr("install ca-certificates"));
}

TEST(TlsTest, clients_share_what_was_read_of_the_system) {
  const auto first = TlsClient::make({});
  const auto second = TlsClient::make({.ca_file = {}, .alpn = Alpn::none});
  ASSERT_TRUE(first) << first.error().message;
  ASSERT_TRUE(second);

  EXPECT_EQ(SSL_CTX_get_cert_store((*first)->context().native_handle()),
            SSL_CTX_get_cert_store((*second)->context().native_handle()));
}

TEST(TlsTest, says_what_is_wrong_with_certificates_of_ones_own) {
  const tests::TemporaryFolder folder;
  const auto missing = (folder.path() / "none.pem").string();

  const auto none = TlsClient::make({.ca_file = missing});
  const auto broken = TlsClient::make({.ca_file = {}, .ca_pem = "no PEM"});

  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().code, Errc::invalid);
  ASSERT_FALSE(broken);
  EXPECT_EQ(broken.error().code, Errc::invalid);
}

}  // namespace
}  // namespace weft::net
