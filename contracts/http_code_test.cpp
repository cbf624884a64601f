#include "contracts/http_code.h"

#include <gtest/gtest.h>

namespace weft::contracts {
namespace {

TEST(HttpCode, is_read_as_it_is_written) {
  for (auto code = HttpCode::dns_timeout; code <= HttpCode::internal_error;
       code = static_cast<HttpCode>(static_cast<int>(code) + 1)) {
    EXPECT_EQ(parse_http_code(wit_name(code)), code) << wit_name(code);
  }
  EXPECT_EQ(wit_name(HttpCode::http_request_uri_too_long), "HTTP-request-URI-too-long");
  EXPECT_EQ(wit_name(HttpCode::internal_error), "internal-error");
}

TEST(HttpCode, is_read_without_its_payload_and_is_none_where_there_is_no_such_code) {
  EXPECT_EQ(parse_http_code("internal-error(\"no stock\")"), HttpCode::internal_error);
  EXPECT_EQ(parse_http_code("internal"), HttpCode::none);
}

TEST(HttpCode, of_a_refused_call_is_a_denied_request) {
  EXPECT_EQ(http_code(Errc::denied), HttpCode::http_request_denied);
  EXPECT_EQ(http_code(Errc::exhausted), HttpCode::connection_limit_reached);
  EXPECT_EQ(http_code(Errc::trapped), HttpCode::internal_error);
}

}  // namespace
}  // namespace weft::contracts
