// Request heads and bodies on Boost.Beast's parser, made strict: everything that two parsers could
// read in two ways is refused (RFC 9112 sections 2.2, 3.2, 5, 6, 7.1 and 11.2).
#pragma once
#include <cstddef>
#include <expected>
#include <memory>
#include <optional>
#include <span>
#include <string_view>

#include "net/http_message.h"

namespace weft::net {

// A connection's parser, used again for each of its requests. Nothing is copied: views point into
// what was given.
class HttpParser {
 public:
  // `limits` outlives the parser and may change between two heads.
  explicit HttpParser(const HttpLimits& limits);
  ~HttpParser();

  // `bytes` is one whole head, as HttpHeadScan found it. Fills `head`, whose memory is used again.
  std::optional<HttpRefusal> parse_head(std::string_view bytes, HttpHead& head);

  struct Piece {
    std::size_t consumed = 0;  // from the front of the input
    std::string_view data;     // of the body; part of the input
  };
  // The next piece of the body, at most `limit` bytes of data. An empty piece that is not the end
  // asks for more input behind what was left over. Not after is_done().
  std::expected<Piece, HttpRefusal> decode(std::string_view input, std::size_t limit);
  // Head and body have been read to their end.
  bool is_done() const;
  // After the end of a chunked body; valid as long as the input of the last decode().
  std::span<const HttpField> trailers() const;
  // From now on trailers() is valid until the next parse_head(). After is_done().
  void keep_trailers();

 private:
  class Beast;
  const HttpLimits& limits_;
  std::unique_ptr<Beast> beast_;
};

}  // namespace weft::net
