#include "net/http_scan.h"

#include "net/http_syntax.h"

namespace weft::net {
namespace {

// "METHOD " before and " HTTP/1.1\r\n" behind the target, with room for unusual methods.
constexpr std::size_t k_around_target = 64;

std::unexpected<HttpRefusal> refuse(std::uint16_t status, std::string_view why) {
  return std::unexpected(HttpRefusal{status, why});
}

constexpr std::size_t k_longest_method = 32;
constexpr std::size_t k_longest_shown = 1024;  // of a target that may be the reason of the refusal

}  // namespace

HttpRequestLine read_request_line(std::string_view bytes) {
  const auto end = bytes.find_first_of("\r\n");
  const auto line = bytes.substr(0, end);
  const auto space = line.find(' ');
  if (space == line.npos || space > k_longest_method || !is_token(line.substr(0, space))) return {};
  HttpRequestLine read{line.substr(0, space), line.substr(space + 1), {}};
  const auto last = read.target.rfind(' ');
  if (last != read.target.npos && read.target.substr(last + 1).starts_with("HTTP/")) {
    read.version = read.target.substr(last + 1, std::string_view("HTTP/1.1").size());
    read.target = read.target.substr(0, last);
  }
  read.target = read.target.substr(0, k_longest_shown);
  return read;
}

std::expected<std::size_t, HttpRefusal> HttpHeadScan::feed(std::string_view bytes,
                                                           const HttpLimits& limits) {
  while (true) {
    const auto end = bytes.find('\n', searched_);
    if (end == bytes.npos) break;
    if (end == line_start_ || bytes[end - 1] != '\r') {
      return refuse(400, "a line of the request head does not end in CR LF");
    }
    const auto text = bytes.substr(line_start_, end - 1 - line_start_);
    line_start_ = searched_ = end + 1;
    if (line_start_ > limits.header_bytes) return refuse(431, "the request head is too large");
    const auto last = line(text, limits);
    if (!last) return std::unexpected(last.error());
    if (*last) return line_start_;
  }
  searched_ = bytes.size();
  if (lines_ == 0 && bytes.size() > limits.target_bytes + k_around_target) {
    return refuse(414, "the request target is too long");
  }
  if (bytes.size() > limits.header_bytes) return refuse(431, "the request head is too large");
  return 0;
}

// True for the empty line that ends the head.
std::expected<bool, HttpRefusal> HttpHeadScan::line(std::string_view text,
                                                    const HttpLimits& limits) {
  if (lines_ == 0) {
    if (text.size() > limits.target_bytes + k_around_target) {
      return refuse(414, "the request target is too long");
    }
    if (text.empty()) return refuse(400, "the request line is empty");
  } else {
    if (text.empty()) return true;
    if (text.front() == ' ' || text.front() == '\t') {
      return refuse(400, "a header is folded over several lines, which is obsolete and ambiguous");
    }
    if (lines_ > limits.header_count) return refuse(431, "the request has too many headers");
  }
  ++lines_;
  return false;
}

}  // namespace weft::net
