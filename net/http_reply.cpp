#include "net/http_reply.h"

#include <algorithm>
#include <charconv>
#include <optional>

#include "net/http_syntax.h"

namespace weft::net {
namespace {

using ReplyKind = ReplyFault::Kind;

constexpr std::string_view k_end = "\r\n\r\n";
// A chunk's size with its extension and line end.
constexpr std::size_t k_longest_size_line = 256 + 18;

std::unexpected<ReplyFault> malformed(std::string_view why) {
  return std::unexpected(ReplyFault{ReplyKind::malformed, why});
}

std::string_view strip(std::string_view text) {
  constexpr std::string_view blank = " \t";
  while (!text.empty() && blank.contains(text.front())) text.remove_prefix(1);
  while (!text.empty() && blank.contains(text.back())) text.remove_suffix(1);
  return text;
}

// Takes one line off the front, without its CR LF; nothing when it ends in any other way.
std::optional<std::string_view> take_line(std::string_view& bytes) {
  const auto end = bytes.find('\n');
  if (end == bytes.npos || end == 0 || bytes[end - 1] != '\r') return std::nullopt;
  const auto line = bytes.substr(0, end - 1);
  bytes.remove_prefix(end + 1);
  return line;
}

// Fields up to and with the empty line. What stands behind it stays in `bytes`.
std::optional<ReplyFault> read_fields(std::string_view& bytes, std::size_t most, ReplyKind too_many,
                                      std::vector<HttpField>& fields) {
  while (true) {
    const auto line = take_line(bytes);
    if (!line) return ReplyFault{ReplyKind::malformed, "a line does not end in CR LF"};
    if (line->empty()) return std::nullopt;
    const auto colon = line->find(':');
    const auto name = line->substr(0, colon);
    if (colon == line->npos || !is_token(name))
      return ReplyFault{ReplyKind::malformed, "a header is malformed or folded over several lines"};
    const auto value = strip(line->substr(colon + 1));
    if (!is_field_value(value))
      return ReplyFault{ReplyKind::malformed, "a header has a value with control characters"};
    if (fields.size() == most) return ReplyFault{too_many, "too many headers"};
    fields.push_back({name, value});
  }
}

struct StatusLine {
  HttpVersion version = HttpVersion::v1_1;
  std::uint16_t status = 0;
};

// "HTTP/1.1 200 OK"; the reason may be missing, and some servers leave out the space before it.
std::optional<StatusLine> read_status(std::string_view line) {
  StatusLine read;
  if (line.starts_with("HTTP/1.0 ")) {
    read.version = HttpVersion::v1_0;
  } else if (!line.starts_with("HTTP/1.1 ")) {
    return std::nullopt;
  }
  constexpr std::size_t before = std::string_view("HTTP/1.1 ").size();
  const auto digits = line.substr(before, 3);
  const auto parsed = parse_decimal(digits);
  if (digits.size() != 3 || !parsed || *parsed < 100) return std::nullopt;
  const auto reason = line.substr(before + 3);
  if (!reason.empty() && (reason.front() != ' ' || !is_field_value(reason))) return std::nullopt;
  read.status = static_cast<std::uint16_t>(*parsed);
  return read;
}

// How the body ends, by what the fields say.
std::expected<ReplyFraming, ReplyFault> read_framing(const StatusLine& line, HttpReplyHead& head) {
  int lengths = 0, codings = 0;
  head.keep_alive = line.version == HttpVersion::v1_1 ? KeepAlive::yes : KeepAlive::no;
  bool closes = false;
  for (const auto& field : head.fields) {
    if (same_word(field.name, "content-length")) {
      const auto length = parse_decimal(field.value);
      if (!length) return malformed("Content-Length is not a number");
      if (++lengths > 1) return malformed("there is more than one Content-Length");
      head.length = *length;
    } else if (same_word(field.name, "transfer-encoding")) {
      if (++codings > 1) return malformed("there is more than one Transfer-Encoding");
      if (!same_word(field.value, "chunked"))
        return std::unexpected(
            ReplyFault{ReplyKind::unknown_coding, "its Transfer-Encoding is not chunked"});
    } else if (same_word(field.name, "connection")) {
      closes |= lists_word(field.value, "close");
      if (lists_word(field.value, "keep-alive")) head.keep_alive = KeepAlive::yes;
    }
  }
  if (closes) head.keep_alive = KeepAlive::no;
  if (lengths + codings > 1) return malformed("it has both Content-Length and Transfer-Encoding");
  if (codings > 0 && line.version == HttpVersion::v1_0)
    return malformed("HTTP/1.0 has no Transfer-Encoding");
  if (codings > 0) return ReplyFraming::chunked;
  return lengths > 0 ? ReplyFraming::length : ReplyFraming::until_close;
}

}  // namespace

std::expected<std::size_t, ReplyFault> HttpReplyReader::read_head(std::string_view bytes,
                                                                  Method method,
                                                                  HttpReplyHead& head) {
  // What is no response at all is told at once, not when its head has an end.
  constexpr std::string_view start = "HTTP/1.";
  if (!bytes.starts_with(start.substr(0, bytes.size()))) return malformed("this is not HTTP/1.1");
  // The end may lie across what came before and what is new.
  const auto from = searched_ < k_end.size() ? 0 : searched_ - k_end.size();
  const auto end = bytes.find(k_end, from);
  const auto size = end == bytes.npos ? bytes.size() : end + k_end.size();
  if (size > limits_.header_bytes)
    return std::unexpected(ReplyFault{ReplyKind::head_too_large, "its head is too large"});
  if (end == bytes.npos) {
    searched_ = bytes.size();
    return 0;
  }
  searched_ = 0;
  auto rest = bytes.substr(0, size);
  const auto first = take_line(rest);
  const auto line = first ? read_status(*first) : std::nullopt;
  if (!line) return malformed("its status line is malformed");
  head.fields.clear();
  head.length = 0;
  head.status = line->status;
  if (const auto fault =
          read_fields(rest, limits_.header_count, ReplyKind::head_too_large, head.fields)) {
    return std::unexpected(*fault);
  }
  if (!rest.empty()) return malformed("its head has an empty line");
  auto framing = read_framing(*line, head);
  if (!framing) return std::unexpected(framing.error());
  const bool bodyless = method == Method::head || head.status < 200 || head.status == 204 ||
                        head.status == 304 ||
                        (*framing == ReplyFraming::length && head.length == 0);
  head.framing = bodyless ? ReplyFraming::none : *framing;
  trailers_.clear();
  left_ = head.length;
  switch (head.framing) {
    case ReplyFraming::none:
      state_ = State::done;
      break;
    case ReplyFraming::length:
      state_ = State::data;
      break;
    case ReplyFraming::chunked:
      state_ = State::chunk_size;
      break;
    case ReplyFraming::until_close:
      head.keep_alive = KeepAlive::no;
      state_ = State::until_close;
      break;
  }
  return size;
}

std::expected<HttpReplyReader::Piece, ReplyFault> HttpReplyReader::decode(std::string_view input,
                                                                          std::size_t limit) {
  switch (state_) {
    case State::until_close: {
      const auto data = input.substr(0, limit);
      return Piece{data.size(), data};
    }
    case State::data:
    case State::chunk_data: {
      const auto data = input.substr(0, std::min<std::uint64_t>(limit, left_));
      left_ -= data.size();
      if (left_ == 0) state_ = state_ == State::data ? State::done : State::chunk_end;
      return Piece{data.size(), data};
    }
    case State::chunk_end:
      if (input.size() < 2) return Piece{};
      if (!input.starts_with("\r\n")) return malformed("a chunk is longer than its size says");
      state_ = State::chunk_size;
      return Piece{2, {}};
    case State::chunk_size:
      return chunk_size(input);
    case State::trailers:
      return read_trailers(input);
    case State::done:
      break;
  }
  return Piece{};
}

std::expected<HttpReplyReader::Piece, ReplyFault> HttpReplyReader::chunk_size(
    std::string_view input) {
  auto rest = input;
  if (input.substr(0, k_longest_size_line).find('\n') == input.npos) {
    if (input.size() >= k_longest_size_line) return malformed("a chunk size is too long");
    return Piece{};
  }
  const auto line = take_line(rest);
  if (!line) return malformed("a chunk size does not end in CR LF");
  const auto digits = line->substr(0, line->find(';'));
  const auto extension = line->substr(digits.size());
  constexpr std::size_t most_digits = 15;
  std::uint64_t size = 0;
  const auto* end = digits.data() + digits.size();
  const auto read = std::from_chars(digits.data(), end, size, 16);
  if (digits.empty() || digits.size() > most_digits || read.ptr != end ||
      !is_field_value(extension)) {
    return malformed("a chunk size is malformed");
  }
  left_ = size;
  state_ = size == 0 ? State::trailers : State::chunk_data;
  return Piece{input.size() - rest.size(), {}};
}

std::expected<HttpReplyReader::Piece, ReplyFault> HttpReplyReader::read_trailers(
    std::string_view input) {
  const bool none = input.starts_with("\r\n");
  const auto end = none ? 0 : input.find(k_end);
  const auto size = none ? 2 : end == input.npos ? input.size() : end + k_end.size();
  if (size > limits_.header_bytes)
    return std::unexpected(ReplyFault{ReplyKind::trailers_too_large, "its trailers are too large"});
  if (end == input.npos) return Piece{};
  auto rest = input.substr(0, size);
  if (const auto fault =
          read_fields(rest, limits_.header_count, ReplyKind::trailers_too_large, trailers_)) {
    return std::unexpected(*fault);
  }
  state_ = State::done;
  return Piece{size, {}};
}

}  // namespace weft::net
