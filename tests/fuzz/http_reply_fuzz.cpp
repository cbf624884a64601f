// Arbitrary bytes as HTTP responses: no crash, no endless loop, and what is believed is believed
// however it arrives.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "net/http_reply.h"

namespace {

namespace net = weft::net;

// What a client makes of `bytes` when it sees `step` more of them each time nothing more can be
// done.
std::string understood(std::string_view bytes, std::size_t step, const net::HttpLimits& limits) {
  net::HttpReplyReader reader(limits);
  net::HttpReplyHead head;
  std::string text;
  std::size_t at = 0, seen = std::min(step, bytes.size());
  const auto more = [&] {
    const bool any = seen < bytes.size();
    seen += std::min(step, bytes.size() - seen);
    return any;
  };
  while (true) {
    const auto size = reader.read_head(bytes.substr(at, seen - at), net::Method::other, head);
    if (!size) return text + "!" + std::string(size.error().why);
    if (*size == 0) {
      if (!more()) return text;
      continue;
    }
    at += *size;
    text += std::to_string(head.status) + ":" + std::to_string(head.fields.size()) + " ";
    while (!reader.is_done()) {
      const auto piece = reader.decode(bytes.substr(at, seen - at), 64);
      if (!piece) return text + "!" + std::string(piece.error().why);
      at += piece->consumed;
      text += piece->data;
      if (piece->consumed == 0 && !reader.is_done() && !more()) return text;
    }
    text += "+" + std::to_string(reader.trailers().size()) + " ";
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const net::HttpLimits limits{.header_count = 16, .header_bytes = 1024};
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  if (understood(bytes, bytes.size(), limits) != understood(bytes, 1, limits)) std::abort();
  return 0;
}
