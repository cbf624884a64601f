#include "ingress/http/metrics.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace weft::ingress {
namespace {

using ::testing::HasSubstr;

TEST(HttpMetrics, are_added_up_over_threads) {
  HttpMetrics one, two;
  one.finished(200, std::chrono::microseconds(60));
  one.finished(404, std::chrono::microseconds(60));
  two.finished(200, std::chrono::seconds(20));
  one.in_flight.add();
  two.in_flight.add();
  two.in_flight.subtract();
  const HttpMetrics* threads[] = {&one, &two};

  std::string text;
  append_metrics(text, threads);

  EXPECT_THAT(text, HasSubstr("weft_http_requests_total{class=\"2xx\"} 2\n"));
  EXPECT_THAT(text, HasSubstr("weft_http_requests_total{class=\"4xx\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("weft_http_requests_in_flight 1\n"));
  EXPECT_THAT(text, HasSubstr("weft_http_request_seconds_bucket{le=\"5e-05\"} 0\n"));
  EXPECT_THAT(text, HasSubstr("weft_http_request_seconds_bucket{le=\"0.0001\"} 2\n"));
  EXPECT_THAT(text, HasSubstr("weft_http_request_seconds_bucket{le=\"10\"} 2\n"));
  EXPECT_THAT(text, HasSubstr("weft_http_request_seconds_bucket{le=\"+Inf\"} 3\n"));
  EXPECT_THAT(text, HasSubstr("weft_http_request_seconds_count 3\n"));
}

TEST(HttpMetrics, count_every_status_that_can_be_answered_in_a_class) {
  HttpMetrics one;
  one.finished(600, std::chrono::microseconds(60));
  one.finished(999, std::chrono::microseconds(60));
  const HttpMetrics* threads[] = {&one};

  std::string text;
  append_metrics(text, threads);

  EXPECT_THAT(text, HasSubstr("weft_http_requests_total{class=\"6xx\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("weft_http_requests_total{class=\"9xx\"} 1\n"));
}

}  // namespace
}  // namespace weft::ingress
