// Arbitrary bytes as HTTP requests: no crash, no endless loop, and what is believed is believed
// however it arrives.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "net/http_parser.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const weft::net::HttpLimits limits{.header_count = 16, .header_bytes = 1024, .target_bytes = 256};
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const auto whole = weft::net::read_requests(bytes, limits);
  if (whole != weft::net::read_requests_slowly(bytes, limits)) std::abort();
  return 0;
}
