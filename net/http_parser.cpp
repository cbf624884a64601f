#include "net/http_parser.h"

#include <algorithm>
#include <boost/asio/buffer.hpp>
#include <boost/beast/http/basic_parser.hpp>
#include <boost/beast/http/error.hpp>
#include <cassert>
#include <limits>
#include <string>
#include <utility>

#include "net/http_scan.h"
#include "net/http_syntax.h"

namespace weft::net {
namespace {

namespace http = boost::beast::http;
using boost::beast::error_code;
using boost::beast::string_view;

constexpr std::size_t k_longest_extension = 256;
// A chunk's size with leading zeros, its extension and the CR LF of the chunk before.
constexpr std::size_t k_longest_chunk_line = k_longest_extension + 64;
constexpr std::size_t k_shortest_end = std::string_view("0\r\n\r\n").size();

std::string_view std_view(string_view text) { return {text.data(), text.size()}; }

class Message final : public http::basic_parser<true> {
 public:
  Message(HttpHead& head, std::vector<HttpField>& trailers, std::string_view input)
      : head_(head), trailers_(trailers), input_(input) {
    header_limit(std::numeric_limits<std::uint32_t>::max());  // HttpHeadScan has its own
    body_limit(boost::none);
    eager(false);
  }

  std::optional<HttpRefusal> head_checks();
  std::size_t feed(std::string_view input, std::size_t limit, error_code& ec) {
    input_ = input;
    limit_ = limit;
    piece_ = {};
    return put(boost::asio::const_buffer(input.data(), input.size()), ec);
  }
  std::string_view piece() const { return piece_; }
  const std::optional<HttpRefusal>& refused() const { return refused_; }
  // A chunk's size comes next, or the end of the body.
  bool is_between_chunks() const {
    return head_.framing == HttpFraming::chunked && chunk_left_ == 0;
  }

 private:
  void refuse(std::uint16_t status, std::string_view why, error_code& ec) {
    if (!refused_) refused_ = HttpRefusal{status, why};
    ec = http::error::bad_field;
  }
  void on_request_impl(http::verb, string_view method, string_view target, int version,
                       error_code&) override {
    head_.method = std_view(method);
    head_.target = std_view(target);
    head_.version = version == 11 ? HttpVersion::v1_1 : HttpVersion::v1_0;
  }
  void on_response_impl(int, string_view, int, error_code&) override {}
  void on_field_impl(http::field field, string_view name, string_view value,
                     error_code& ec) override;
  void head_field(http::field field, std::string_view value, error_code& ec);
  void on_header_impl(error_code&) override { in_head_ = false; }
  void on_body_init_impl(const boost::optional<std::uint64_t>&, error_code&) override {}
  std::size_t on_body_impl(string_view body, error_code&) override {
    piece_ = std_view(body).substr(0, limit_);
    return piece_.size();
  }
  void on_chunk_header_impl(std::uint64_t size, string_view extensions, error_code& ec) override {
    chunk_left_ = size;
    // Beast lets quoted extensions contain anything, line ends included.
    const auto text = std_view(extensions);
    if (text.size() > k_longest_extension || !is_field_value(text)) {
      refuse(400, "a chunk extension is malformed", ec);
    }
  }
  std::size_t on_chunk_body_impl(std::uint64_t, string_view body, error_code&) override {
    piece_ = std_view(body).substr(0, limit_);
    chunk_left_ -= piece_.size();
    return piece_.size();
  }
  void on_finish_impl(error_code&) override {}

  HttpHead& head_;
  std::vector<HttpField>& trailers_;
  std::string_view input_, piece_;
  std::size_t limit_ = 0;
  std::uint64_t chunk_left_ = 0;
  std::optional<HttpRefusal> refused_;
  bool in_head_ = true;
  int hosts_ = 0, lengths_ = 0, codings_ = 0;
  std::string_view host_;
};

void Message::on_field_impl(http::field field, string_view name, string_view value,
                            error_code& ec) {
  const auto text = std_view(value);
  // A folded value was put together in a buffer of Beast's own.
  const std::less_equal<const char*> before;
  const bool inside = before(input_.data(), text.data()) &&
                      before(text.data() + text.size(), input_.data() + input_.size());
  if (!text.empty() && !inside) return refuse(400, "a header is folded over several lines", ec);
  if (in_head_) {
    head_field(field, text, ec);
    head_.fields.push_back({std_view(name), text});
    return;
  }
  switch (field) {
    case http::field::host:
    case http::field::connection:
    case http::field::te:
    case http::field::trailer:
    case http::field::expect:
      return refuse(400, "a trailer names a field that cannot be one", ec);
    default:
      trailers_.push_back({std_view(name), text});
  }
}

void Message::head_field(http::field field, std::string_view value, error_code& ec) {
  switch (field) {
    case http::field::host:
      if (++hosts_ > 1) return refuse(400, "the request has more than one Host", ec);
      host_ = value;
      return;
    case http::field::content_length:
      if (++lengths_ > 1) return refuse(400, "the request has more than one Content-Length", ec);
      if (const auto length = parse_decimal(value)) {
        head_.length = *length;
        head_.framing = HttpFraming::length;
        return;
      }
      return refuse(400, "Content-Length is not a number", ec);
    case http::field::transfer_encoding:
      if (++codings_ > 1) return refuse(400, "the request has more than one Transfer-Encoding", ec);
      if (!same_word(value, "chunked")) {
        return refuse(501, "the only Transfer-Encoding served is chunked", ec);
      }
      head_.framing = HttpFraming::chunked;
      return;
    case http::field::expect:
      if (!same_word(value, "100-continue")) {
        return refuse(417, "the only expectation that can be met is 100-continue", ec);
      }
      head_.expect = Expect::a_continue;
      return;
    case http::field::te:
      if (lists_word(value, "trailers")) head_.trailers = Trailers::wanted;
      return;
    default:
      return;
  }
}

// What can be said only when every field has been seen.
std::optional<HttpRefusal> Message::head_checks() {
  const bool old = head_.version == HttpVersion::v1_0;
  if (lengths_ + codings_ > 1) {
    return HttpRefusal{400, "the request has both Content-Length and Transfer-Encoding"};
  }
  if (old && codings_ > 0) return HttpRefusal{400, "HTTP/1.0 has no Transfer-Encoding"};
  if (hosts_ == 0 && !old) return HttpRefusal{400, "the request has no Host"};
  if (hosts_ == 1 && !is_authority(host_)) return HttpRefusal{400, "Host is malformed"};
  head_.authority = host_;
  head_.keep_alive = keep_alive() ? KeepAlive::yes : KeepAlive::no;
  if (old) {
    head_.expect = Expect::nothing;
    head_.trailers = Trailers::refused;
  }
  if (head_.framing == HttpFraming::none ||
      (head_.framing == HttpFraming::length && head_.length == 0)) {
    head_.expect = Expect::nothing;
  }
  return check_target(head_);
}

HttpRefusal refusal_of(const error_code& ec, std::string_view head) {
  if (ec == http::error::bad_version) {
    const auto line = head.substr(0, head.find('\r'));
    const auto version = line.substr(line.rfind(' ') + 1);
    if (version.size() == 8 && version.starts_with("HTTP/") && std::ranges::count(line, ' ') == 2) {
      return {505, "this server speaks HTTP/1.1 and HTTP/1.0"};
    }
    return {400, "the request line is malformed"};
  }
  if (ec == http::error::bad_method) return {400, "the method is malformed"};
  if (ec == http::error::bad_target) return {400, "the request target is malformed"};
  if (ec == http::error::bad_content_length || ec == http::error::multiple_content_length) {
    return {400, "Content-Length is malformed or contradicts another header"};
  }
  if (ec == http::error::bad_transfer_encoding) {
    return {400, "Transfer-Encoding contradicts another header"};
  }
  if (ec == http::error::bad_chunk || ec == http::error::bad_chunk_extension) {
    return {400, "a chunk of the body is malformed"};
  }
  return {400, "a header is malformed"};
}

}  // namespace

class HttpParser::Beast {
 public:
  std::vector<HttpField> trailers;
  std::string kept;  // what the trailers were copied to
  std::optional<Message> message;

  Message& current() {
    assert(message && "parse_head() comes first");
    return *message;
  }
};

HttpParser::HttpParser(const HttpLimits& limits)
    : limits_(limits), beast_(std::make_unique<Beast>()) {}
HttpParser::~HttpParser() = default;

std::optional<HttpRefusal> HttpParser::parse_head(std::string_view bytes, HttpHead& head) {
  head.fields.clear();
  head.framing = HttpFraming::none;
  head.length = 0;
  head.trailers = Trailers::refused;
  head.expect = Expect::nothing;
  beast_->trailers.clear();
  auto& message = beast_->message.emplace(head, beast_->trailers, bytes);
  error_code ec;
  const auto consumed = message.feed(bytes, 0, ec);
  if (message.refused()) return message.refused();
  if (ec) return refusal_of(ec, bytes);
  if (consumed != bytes.size() || !message.is_header_done()) {
    return HttpRefusal{400, "the request head is malformed"};
  }
  return message.head_checks();
}

std::expected<HttpParser::Piece, HttpRefusal> HttpParser::decode(std::string_view input,
                                                                 std::size_t limit) {
  auto& message = beast_->current();
  Piece piece;
  while (piece.data.empty() && !message.is_done() && piece.consumed < input.size()) {
    const auto rest = input.substr(piece.consumed);
    // Beast asserts that it does not see less than the shortest end of a body when it looks for
    // that again.
    if (message.is_between_chunks() && rest.front() == '0' && rest.size() < k_shortest_end)
      return piece;
    error_code ec;
    const auto taken = message.feed(rest, limit, ec);
    piece.consumed += taken;
    piece.data = message.piece();
    if (const auto& refused = message.refused()) return std::unexpected(*refused);
    if (beast_->trailers.size() > limits_.header_count) {
      return std::unexpected(HttpRefusal{431, "the request has too many trailers"});
    }
    if (ec == http::error::need_more) {
      const auto end_of_line = rest.find("\r\n", rest.starts_with("\r\n") ? 2 : 0);
      if (end_of_line == rest.npos && rest.size() > k_longest_chunk_line) {
        return std::unexpected(HttpRefusal{400, "a chunk size is too long"});
      }
      if (rest.size() > limits_.header_bytes) {
        return std::unexpected(HttpRefusal{431, "the trailers are too large"});
      }
      return piece;
    }
    if (ec) return std::unexpected(refusal_of(ec, {}));
    if (taken == 0) return piece;  // with a limit of 0 this is as far as it goes
  }
  return piece;
}

bool HttpParser::is_done() const { return beast_->current().is_done(); }

std::span<const HttpField> HttpParser::trailers() const { return beast_->trailers; }

void HttpParser::keep_trailers() {
  std::string kept;
  for (const auto& trailer : beast_->trailers) kept.append(trailer.name).append(trailer.value);
  beast_->kept = std::move(kept);
  std::string_view rest = beast_->kept;
  for (auto& trailer : beast_->trailers) {
    for (auto* text : {&trailer.name, &trailer.value}) {
      const auto size = text->size();
      *text = rest.substr(0, size);
      rest.remove_prefix(size);
    }
  }
}

}  // namespace weft::net
