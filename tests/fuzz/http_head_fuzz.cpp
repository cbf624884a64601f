// Arbitrary bytes as HTTP requests: no crash, no endless loop, and what is believed is believed
// however it arrives.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "net/http_message.h"
#include "net/http_parser.h"
#include "net/http_scan.h"

namespace {

namespace net = weft::net;

// Reads from `bytes` as a connection does, seeing `step` more of them each time nothing more can be
// done.
class RequestReader {
 public:
  RequestReader(std::string_view bytes, std::size_t step, const net::HttpLimits& limits)
      : bytes_(bytes),
        step_(step),
        limits_(limits),
        parser_(limits),
        seen_(std::min(step, bytes.size())) {}

  std::size_t count() {
    std::size_t believed = 0;
    while (read_head()) {
      ++believed;
      if (!read_body()) break;
    }
    return believed;
  }

 private:
  std::string_view input() const { return bytes_.substr(at_, seen_ - at_); }
  bool more() {
    if (seen_ == bytes_.size()) return false;
    seen_ += std::min(step_, bytes_.size() - seen_);
    return true;
  }
  bool read_head() {
    scan_.reset();
    while (true) {
      const auto size = scan_.feed(input(), limits_);
      if (!size) return false;
      if (*size != 0) {
        const auto refused = parser_.parse_head(input().substr(0, *size), head_);
        at_ += *size;
        return !refused;
      }
      if (!more()) return false;
    }
  }
  bool read_body() {
    while (!parser_.is_done()) {
      const auto piece = parser_.decode(input(), 1024);
      if (!piece) return false;
      at_ += piece->consumed;
      if (piece->data.empty() && !parser_.is_done() && !more()) return false;
    }
    return true;
  }

  const std::string_view bytes_;
  const std::size_t step_;
  const net::HttpLimits& limits_;
  net::HttpHeadScan scan_;
  net::HttpParser parser_;
  net::HttpHead head_;
  std::size_t at_ = 0, seen_;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const net::HttpLimits limits{.header_count = 16, .header_bytes = 1024, .target_bytes = 256};
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const auto whole = RequestReader(bytes, bytes.size(), limits).count();
  if (whole != RequestReader(bytes, 1, limits).count()) std::abort();
  return 0;
}
