// Writes a response by hand: one head, one framing decision, the handler's bytes; whole in one send
// where it can be.
#pragma once
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "net/http_message.h"

namespace weft::net {

// "date: …\r\n", made once a second on each thread. Valid until the next call on this thread.
std::string_view date_line(WallTime now);

// What is handed to the kernel as one message. Its strings keep their memory from one response to
// the next.
struct HttpFrame {
  std::string prefix;  // head, chunk size, a small body
  std::string body;
  std::string suffix;      // chunk end, trailers
  std::size_t credit = 0;  // bytes of body that this frame settles

  std::size_t size() const { return prefix.size() + body.size() + suffix.size(); }
};

enum class Method { head, other };
enum class Closing { no, yes };

// The response to one request; start() makes it ready for the next. Framing is decided when the
// first bytes are taken: ended by then means a length, otherwise chunks (HTTP/1.0: until the
// connection closes).
class HttpResponse {
 public:
  // `clock`, from which its date comes, outlives the response.
  explicit HttpResponse(const Clock& clock) : clock_(clock) {}

  void start(Method method, HttpVersion version, Trailers trailers);

  // Once. Says why not, in which case nothing happened: a status or field that must not be sent.
  std::optional<std::string_view> head(std::uint16_t status, std::span<const HttpField> fields);
  // After head(), before end(). More than a promised content-length is not sent and breaks the
  // response.
  void body(std::string_view chunk);
  void end(std::span<const HttpField> trailers);

  // Moves what can be sent into `frame`; false when there is nothing. `closing`: the connection
  // ends after this.
  bool take(HttpFrame& frame, Closing closing);

  // Whether something can be sent while the body pauses that changes nothing: a zero before the
  // size of the next chunk. Only so often, because clients read no more than 16 digits of a size.
  bool can_fill_pause() const;
  // That; send it before anything else.
  std::string_view take_filler();

  bool has_head() const { return has_head_; }
  bool has_ended() const { return ended_; }
  // Some of it has been taken: it cannot be replaced any more.
  bool is_committed() const { return committed_; }
  // All of it has been taken.
  bool is_over() const { return over_; }
  // The connection cannot be used after this response: it ends by closing, or broke its promise.
  bool closes() const { return closes_ || broken_; }
  bool is_broken() const { return broken_; }
  std::uint16_t status() const { return status_; }
  // Of the body as it is sent: none for HEAD.
  std::uint64_t body_bytes() const { return has_body() ? produced_ : 0; }
  std::size_t waiting_bytes() const { return body_.size(); }
  // Gives back the memory of a large response.
  void shrink();

 private:
  std::optional<std::string_view> field(const HttpField& field);
  void finish_head(Closing closing);
  void take_chunk(HttpFrame& frame);
  bool has_body() const { return method_ != Method::head && status_ != 204 && status_ != 304; }

  const Clock& clock_;
  Method method_ = Method::other;
  HttpVersion version_ = HttpVersion::v1_1;
  Trailers wants_trailers_ = Trailers::refused;
  std::uint16_t status_ = 0;
  std::optional<std::uint64_t> promised_;
  std::uint64_t produced_ = 0;
  int fillers_ = 0;  // before the next chunk
  std::string head_, body_, trailers_;
  bool has_head_ = false, has_date_ = false, committed_ = false, chunked_ = false;
  bool ended_ = false, over_ = false, closes_ = false, broken_ = false;
};

}  // namespace weft::net
