// Responses as a client reads them, as strict as http_parser.h is with requests: what two readers
// could understand in two ways is refused (RFC 9112 sections 4, 5, 6 and 7.1).
#pragma once
#include <cstddef>
#include <cstdint>
#include <expected>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "net/http_message.h"
#include "net/http_response.h"

namespace weft::net {

enum class ReplyFraming { none, length, chunked, until_close };

// Views into the bytes that were parsed.
struct HttpReplyHead {
  std::uint16_t status = 0;
  std::vector<HttpField> fields;
  ReplyFraming framing = ReplyFraming::none;
  std::uint64_t length = 0;  // with ReplyFraming::length
  KeepAlive keep_alive = KeepAlive::no;
};

// Why a response cannot be believed.
struct ReplyFault {
  enum class Kind { malformed, head_too_large, trailers_too_large, unknown_coding };
  Kind kind = Kind::malformed;
  std::string_view why;  // of static storage
};

// A connection's reader, used again for each of its responses. Nothing is copied.
class HttpReplyReader {
 public:
  explicit HttpReplyReader(const HttpLimits& limits) : limits_(limits) {}

  // `bytes`: all that has arrived since the first byte of the head. The size of the head with its
  // empty line, 0 when it is not whole. Fills `head` when it is. Interim responses (1xx) are heads
  // of their own, without a body: read on behind them.
  std::expected<std::size_t, ReplyFault> read_head(std::string_view bytes, Method method,
                                                   HttpReplyHead& head);

  struct Piece {
    std::size_t consumed = 0;  // from the front of the input
    std::string_view data;     // of the body; part of the input
  };
  // The next piece of the body, at most `limit` bytes of data; an empty piece that is not the end
  // asks for more input behind what was left over. Not after is_done().
  std::expected<Piece, ReplyFault> decode(std::string_view input, std::size_t limit);
  bool is_done() const { return state_ == State::done; }
  // The connection was closed behind what was read: whether that ends the body as it should.
  bool ends_by_close() const { return state_ == State::until_close || state_ == State::done; }
  // After the end of a chunked body; valid as long as the input of the last decode().
  std::span<const HttpField> trailers() const { return trailers_; }

 private:
  enum class State { data, until_close, chunk_size, chunk_data, chunk_end, trailers, done };

  std::expected<Piece, ReplyFault> chunk_size(std::string_view input);
  std::expected<Piece, ReplyFault> read_trailers(std::string_view input);

  const HttpLimits& limits_;
  std::size_t searched_ = 0;
  State state_ = State::done;
  std::uint64_t left_ = 0;  // of the body or of the chunk
  std::vector<HttpField> trailers_;
};

}  // namespace weft::net
