#include "ingress/http/access_log.h"

#include <gtest/gtest.h>

#include "base/manual_clock.h"

namespace weft::ingress {
namespace {

AccessEntry entry(std::string_view target) {
  return {.remote = "127.0.0.1",
          .method = "GET",
          .host = "a",
          .target = target,
          .version = "HTTP/1.1",
          .component = "shop-web",
          .status = 200,
          .bytes_in = 1,
          .bytes_out = 2,
          .took = std::chrono::microseconds(3),
          .request = 4};
}

std::string line(AccessFormat format, std::string_view target) {
  const ManualClock clock;
  std::string written;
  LineAccessLog(format, clock, [&](std::string_view text) {
    written += text;
  }).write(entry(target));
  return written;
}

TEST(AccessLog, writes_a_common_log_line) {
  EXPECT_EQ(
      line(AccessFormat::text, "/x"),
      "127.0.0.1 - - [02/Jan/1970:00:00:00 +0000] \"GET /x HTTP/1.1\" 200 2 \"a\" 3us \"shop-web\" "
      "0000000000000004\n");
}

TEST(AccessLog, writes_json) {
  EXPECT_EQ(
      line(AccessFormat::json, "/x"),
      R"({"time":"1970-01-02T00:00:00Z","remote":"127.0.0.1","version":"HTTP/1.1","method":"GET",)"
      R"("host":"a","target":"/x","component":"shop-web","status":200,"bytes_in":1,"bytes_out":2,"microseconds":3,)"
      R"("request":"0000000000000004"})"
      "\n");
}

TEST(AccessLog, writes_what_arrived_of_a_request_line) {
  const ManualClock clock;
  std::string written;
  LineAccessLog log(AccessFormat::text, clock, [&](std::string_view text) { written += text; });
  auto half = entry("/x");
  half.version = {};
  AccessEntry nothing;

  log.write(half);
  log.write(nothing);

  EXPECT_NE(written.find("] \"GET /x\" 200"), std::string::npos) << written;
  EXPECT_NE(written.find("] \"-\" 0"), std::string::npos) << written;
}

TEST(AccessLog, cannot_be_forged_by_a_target) {
  EXPECT_NE(line(AccessFormat::text, "/\"\n\x1b").find(R"(/\"\u000a\u001b)"), std::string::npos);
}

}  // namespace
}  // namespace weft::ingress
