// What an HTTP/1.1 request looks like once its bytes have been believed: shared by parser,
// connection and handlers.
#pragma once
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace weft::net {

struct HttpField {
  std::string_view name;
  std::string_view value;
};

enum class HttpVersion { v1_0, v1_1 };
constexpr std::string_view text(HttpVersion version) {
  return version == HttpVersion::v1_1 ? "HTTP/1.1" : "HTTP/1.0";
}
enum class HttpFraming { none, length, chunked };
enum class HttpMore { yes, no };  // whether more of a body follows
enum class KeepAlive { no, yes };
enum class Trailers { refused, wanted };  // whether the client said `TE: trailers`
enum class Expect { nothing, a_continue };

// Why a request is not served: the status to answer and one plain sentence.
struct HttpRefusal {
  std::uint16_t status = 400;
  std::string_view why;  // of static storage
};

struct HttpLimits {
  std::size_t header_count = 128;
  std::size_t header_bytes = 64 * 1024;  // the whole head, and all trailers
  std::size_t target_bytes = 8 * 1024;
};

// Views into the bytes that were parsed.
struct HttpHead {
  std::string_view method;
  std::string_view target;  // origin form, "/cart?item=1", or "*"
  std::string_view
      authority;  // of an absolute-form target, otherwise of Host; empty only in HTTP/1.0
  std::vector<HttpField> fields;
  HttpVersion version = HttpVersion::v1_1;
  HttpFraming framing = HttpFraming::none;
  std::uint64_t length = 0;  // with HttpFraming::length
  KeepAlive keep_alive = KeepAlive::no;
  Trailers trailers = Trailers::refused;
  Expect expect = Expect::nothing;
};

}  // namespace weft::net
