// Finds where a request head ends, and refuses what the parser behind it would put up with or wait
// for.
#pragma once
#include <cstddef>
#include <expected>
#include <string_view>

#include "net/http_message.h"

namespace weft::net {

// The request line at the front of bytes that were refused, as far as it can be told apart: for
// logs, not for serving.
struct HttpRequestLine {
  std::string_view method, target;
  std::string_view version;  // "HTTP/1.1"; empty when it did not arrive
};
HttpRequestLine read_request_line(std::string_view bytes [[clang::lifetimebound]]);

// One per head; reset() before the next. Sees each byte once however slowly they arrive.
class HttpHeadScan {
 public:
  void reset() { *this = {}; }
  // `bytes`: all that has arrived since the first byte of the head. The size of the head with its
  // empty line, or 0 when it is not whole. Refuses lines that end in a bare LF, folded lines (400),
  // and what exceeds the limits (414, 431).
  std::expected<std::size_t, HttpRefusal> feed(std::string_view bytes, const HttpLimits& limits);

 private:
  std::expected<bool, HttpRefusal> line(std::string_view text, const HttpLimits& limits);

  std::size_t line_start_ = 0;
  std::size_t searched_ = 0;
  std::size_t lines_ = 0;
};

}  // namespace weft::net
