// The reading and the writing half of HttpConnection.
#include <algorithm>
#include <boost/asio/buffer.hpp>
#include <boost/asio/error.hpp>
#include <utility>

#include "net/http_connection.h"

namespace weft::net {

namespace asio = boost::asio;
using boost::system::error_code;

// ---- reading ----

// A read is under way whenever there is room: it brings the next request, the body, or the news
// that the client has left, without a system call of its own.
void HttpConnection::fill() {
  if (reading_ || eof_ || in_handler_ || phase_ == Phase::closed) return;
  if (phase_ == Phase::lingering) input_.clear();
  std::size_t block = HttpInput::k_first;
  if (phase_ == Phase::busy && (want_ != 0 || input_.capacity() > block)) block = settings_.window;
  auto room = input_.room(block);
  if (room.empty()) {
    // Heads and trailers may need more than a window; both are bounded by their limits.
    const auto largest = settings_.limits.header_bytes + settings_.window;
    if ((phase_ == Phase::busy && want_ == 0) || input_.capacity() >= largest)
      return wait_for_room();
    room = input_.room(std::min(largest, input_.capacity() * 2));
  }
  reading_ = true;
  ++pending_;
  socket_.async_read_some(asio::buffer(room.data(), room.size()),
                          [this](const error_code& ec, std::size_t bytes) {
                            --pending_;
                            reading_ = false;
                            on_read(ec, bytes);
                          });
}

// Nothing more is read until the handler takes some of what is there; a client that leaves is
// noticed all the same.
void HttpConnection::wait_for_room() {
  if (phase_ != Phase::busy) return;
  watch();
  if (deadlines_[t_probe] != MonotonicTime::max()) return;
  set(t_probe, settings_.probe_after);
}

void HttpConnection::on_read(const error_code& ec, std::size_t bytes) {
  if (phase_ == Phase::closed) return soon();
  if (ec == asio::error::eof) return on_eof();
  if (ec) return phase_ == Phase::busy ? lose(HttpGone::left) : shut();
  input_.filled(bytes);
  if (phase_ == Phase::idle) serve();
  if (phase_ == Phase::busy && want_ != 0) pump_body();
  soon();
}

void HttpConnection::on_eof() {
  eof_ = true;
  if (phase_ != Phase::busy) return shut();
  const bool short_body =
      !parser_.is_done() && (input_.size() == 0 || (head_.framing == HttpFraming::length &&
                                                    head_.length - body_in_ > input_.size()));
  if (parsed_ && short_body && !released_) return lose(HttpGone::left);
  expect_more();
  soon();
}

void HttpConnection::serve() {
  while (input_.view().starts_with("\r\n")) input_.consume(2);  // RFC 9112 2.2
  const auto bytes = input_.view();
  if (bytes.empty() || bytes == "\r") {
    if (eof_) shut();
    return;
  }
  const auto size = scan_.feed(bytes, settings_.limits);
  if (!size) return refuse(size.error(), read_request_line(bytes));
  if (*size == 0) {
    if (eof_) return shut();
    if (!std::exchange(head_begun_, true)) set(t_head, settings_.head_timeout);
    return;
  }
  unset(t_head);
  head_begun_ = false;
  const auto refused = parser_.parse_head(bytes.substr(0, *size), head_);
  input_.consume(*size);
  if (refused) return refuse(*refused, read_request_line(bytes));
  begin_request();
}

void HttpConnection::begin_request() {
  phase_ = Phase::busy;
  served_ = true;
  parsed_ = true;
  released_ = false;
  refused_ = false;
  bad_body_.reset();
  want_ = owed_ = 0;
  body_in_ = 0;
  continue_due_ = head_.expect == Expect::a_continue;
  method_ = head_.method == "HEAD" ? Method::head : Method::other;
  response_.start(method_, head_.version, head_.trailers);
  std::string_view first;
  if (!take_piece(settings_.window, first) && bad_body_) {
    return refuse(HttpRefusal(*bad_body_),
                  {.method = head_.method, .target = head_.target, .version = text(head_.version)});
  }
  expect_more();
  auto more = parser_.is_done() ? HttpMore::no : HttpMore::yes;
  if (parser_.is_done() && !parser_.trailers().empty()) {  // they come with an end of their own
    parser_.keep_trailers();
    continue_due_ = false;
    more = HttpMore::yes;
  }
  in_handler_ = true;  // its views must stay where they are
  handler_.on_request(head_, first, more);
  in_handler_ = false;
  soon();
}

// Answers what is no request. The connection ends, because where the next request would begin is
// unknown.
void HttpConnection::refuse(const HttpRefusal& refusal, const HttpRequestLine& line) {
  served_ = true;
  if (phase_ != Phase::busy) {
    phase_ = Phase::busy;
    parsed_ = false;
    body_in_ = 0;
    method_ = Method::other;
    response_.start(method_, HttpVersion::v1_1, Trailers::refused);
  }
  want_ = owed_ = 0;
  released_ = false;
  continue_due_ = false;
  refused_ = true;
  bad_body_ = refusal;
  handler_.on_refused(refusal, line);
  soon();
}

// Takes one piece of body from the input, where it stays, and what frames it. False when the body
// is malformed, which bad_body_ then tells.
bool HttpConnection::take_piece(std::size_t limit, std::string_view& piece) {
  piece = {};
  while (!parser_.is_done() && input_.size() != 0) {
    // With a piece in hand only a chunk's end and the next one's head, or the end of the body, are
    // looked for.
    const auto decoded = parser_.decode(input_.view(), piece.empty() ? limit : 0);
    if (!decoded) {
      bad_body_ = decoded.error();
      return false;
    }
    input_.consume(decoded->consumed);
    if (decoded->data.empty()) return true;
    piece = decoded->data;
    continue_due_ = false;
    body_in_ += piece.size();
  }
  return true;
}

// The same, with small pieces put together.
bool HttpConnection::take_body(std::size_t limit, std::string_view& chunk) {
  if (!take_piece(limit, chunk)) return false;
  if (chunk.empty()) return true;
  std::string_view more;
  bool joined = false;
  while (chunk.size() < limit && !parser_.is_done() && input_.size() != 0) {
    if (!take_piece(limit - chunk.size(), more)) return false;
    if (more.empty()) break;
    if (!std::exchange(joined, true)) scratch_ = chunk;
    scratch_ += more;
    chunk = scratch_;
  }
  return true;
}

void HttpConnection::pump_body() {
  std::string_view chunk;
  if (bad_body_ || !take_body(want_, chunk)) return soon();
  const bool done = parser_.is_done();
  if (!chunk.empty() || done) {
    want_ = 0;
    unset(t_body);
    handler_.on_request_body(chunk, done ? HttpMore::no : HttpMore::yes, parser_.trailers());
    return soon();
  }
  if (eof_) return mark_lost();
  set(t_body, settings_.body_timeout);
  soon();
}

void HttpConnection::ask_to_continue() {
  continue_due_ = false;
  if (input_.size() != 0 || response_.is_committed() || writing_) return;
  constexpr std::string_view interim = "HTTP/1.1 100 Continue\r\n\r\n";
  error_code ec;
  const auto sent = socket_.write_some(asio::buffer(interim), ec);
  if (ec || sent != interim.size()) mark_lost();
}

void HttpConnection::discard_body() {
  std::string_view piece;
  while (parsed_ && !bad_body_ && !parser_.is_done() && input_.size() != 0) {
    if (!take_piece(settings_.window, piece) || piece.empty()) return;
  }
}

// ---- writing ----

// Whether the answer that is about to be sent is the last one here.
Closing HttpConnection::closing() {
  if (bad_body_ || draining_ || head_.keep_alive == KeepAlive::no) return Closing::yes;
  if (!response_.has_ended() || parser_.is_done()) return Closing::no;
  discard_body();
  return parser_.is_done() ? Closing::no : Closing::yes;
}

void HttpConnection::flush() {
  if (phase_ != Phase::busy || writing_ || lost_) return;
  const auto last = response_.is_committed() ? Closing::no : closing();
  while (response_.take(out_, last)) {
    out_sent_ = 0;
    if (!send()) return;
  }
}

// True when all of out_ went at once.
bool HttpConnection::send() {
  error_code ec;
  const auto total = out_.size();
  const auto sent =
      out_.prefix.size() == total
          ? socket_.write_some(asio::buffer(out_.prefix), ec)
          : socket_.write_some(
                std::array<asio::const_buffer, 3>{
                    asio::buffer(out_.prefix), asio::buffer(out_.body), asio::buffer(out_.suffix)},
                ec);
  if (ec && ec != asio::error::would_block) {
    mark_lost();
    return false;
  }
  if (!ec) out_sent_ = sent;
  expect_more();
  if (out_sent_ < total) {
    wait_to_write();
    return false;
  }
  owed_ += std::exchange(out_.credit, 0);
  if (owed_ != 0 && !response_.has_ended()) soon();
  return true;
}

void HttpConnection::wait_to_write() {
  writing_ = true;
  set(t_write, settings_.write_timeout);
  std::array<asio::const_buffer, 3> rest{asio::buffer(out_.prefix), asio::buffer(out_.body),
                                         asio::buffer(out_.suffix)};
  auto skip = out_sent_;
  for (auto& buffer : rest) {
    const auto taken = std::min(skip, buffer.size());
    buffer += taken;
    skip -= taken;
  }
  ++pending_;
  socket_.async_write_some(rest, [this](const error_code& ec, std::size_t bytes) {
    --pending_;
    writing_ = false;
    if (phase_ == Phase::closed) return soon();
    if (ec) return lose(HttpGone::left);
    on_written(bytes);
  });
}

void HttpConnection::on_written(std::size_t bytes) {
  out_sent_ += bytes;
  expect_more();
  if (out_sent_ < out_.size()) return wait_to_write();
  unset(t_write);
  owed_ += std::exchange(out_.credit, 0);
  soon();
}

}  // namespace weft::net
