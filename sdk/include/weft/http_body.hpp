// Bodies of HTTP messages, read and written in parts. Nothing holds a body whole unless asked to.
#pragma once
#include <algorithm>
#include <memory>
#include <wasi/http/types.hpp>
#include <wit/text.hpp>

namespace http {

namespace types = ::wasi::http::types;
using headers = std::vector<std::pair<std::string, std::string>>;

namespace detail {
inline headers to_headers(
    std::vector<std::tuple<std::string, std::vector<std::uint8_t>>> const& entries) {
  http::headers result;
  for (auto& [name, value] : entries) result.emplace_back(name, wit::text(value));
  return result;
}
inline bool is_content_length(std::string_view name) {
  constexpr std::string_view wanted = "content-length";
  return std::ranges::equal(name, wanted, [](char a, char b) { return (a | 0x20) == b; });
}
}  // namespace detail

// Reads a body once, from front to end.
class body_reader {
 public:
  body_reader() = default;
  explicit body_reader(types::incoming_body body) : body_(std::move(body)) {
    if (auto stream = body_->stream()) stream_ = *std::move(stream);
  }

  // Waits for the next part; none at the end, or when the body broke off.
  std::optional<std::string> next(std::size_t at_most = 65536) {
    while (stream_) {
      auto part = stream_->blocking_read(at_most);
      if (!part) {
        complete_ = std::holds_alternative<wasi::io::streams::stream_error::closed>(part.error());
        stream_.reset();
      } else if (!part->empty()) {
        return wit::text(*part);
      }
    }
    return std::nullopt;
  }
  // All that is left.
  std::string text() {
    std::string all;
    while (auto part = next()) all += *part;
    return all;
  }
  // Whether the end was reached. Before the end, and after a body that broke off, it was not.
  bool complete() const { return complete_; }
  // What was sent after the body. Reads on to the end first.
  headers trailers() {
    while (next()) {
    }
    if (!complete_ || !body_) return {};
    auto future = types::incoming_body::finish(*std::exchange(body_, std::nullopt));
    future.subscribe().block();
    auto outcome = future.get();
    if (!outcome || !*outcome || !**outcome || !***outcome) return {};
    return detail::to_headers((***outcome)->entries());
  }
  // Null at the end.
  wasi::io::streams::input_stream const* raw() const { return stream_ ? &*stream_ : nullptr; }

 private:
  friend class body_writer;
  std::optional<types::incoming_body> body_;
  std::optional<wasi::io::streams::input_stream> stream_;  // below its body: it has to go first
  bool complete_ = false;
};

// Writes a body. Waits when the client reads slowly. After a write that answered false the client
// is gone.
class body_writer {
 public:
  explicit body_writer(types::outgoing_body body) : body_(std::move(body)) {
    if (auto stream = body_->write()) stream_ = *std::move(stream);
  }

  bool write(std::string_view text) { return write(wit::bytes(text)); }
  bool write(std::span<std::uint8_t const> rest) {
    constexpr std::size_t one_call = 4096;  // the most that blocking-write-and-flush takes
    if (stream_ && rest.size() <= one_call) return check(stream_->blocking_write_and_flush(rest));
    while (stream_ && !rest.empty()) {
      auto room = stream_->check_write();
      if (!check(room)) break;
      if (*room == 0) {
        stream_->subscribe().block();
        continue;
      }
      auto part = rest.first(std::min<std::uint64_t>(rest.size(), *room));
      if (!check(stream_->write(part))) break;
      rest = rest.subspan(part.size());
    }
    return stream_ && check(stream_->blocking_flush());
  }
  // Sends all that a reader has left, without a copy through the guest's memory.
  bool copy(body_reader& from) {
    while (stream_ && from.stream_) {
      auto moved = stream_->blocking_splice(*from.stream_, 1 << 20);
      if (moved) continue;
      if (!std::holds_alternative<wasi::io::streams::stream_error::closed>(moved.error()))
        return check(moved);
      // Either end may be the closed one: only the writing end still tells.
      from.complete_ = stream_->check_write().has_value();
      from.stream_.reset();
      if (!from.complete_) stream_.reset();
    }
    return stream_.has_value();
  }
  // Fields to be sent after the body.
  void trailers(headers const& fields) {
    trailers_.emplace();
    for (auto& [name, value] : fields) (void)trailers_->append(name, wit::bytes(value));
  }
  // Breaks the body off, so that the client sees that it is not whole.
  void abandon() { stream_.reset(); }
  // Called for you after http::handle: ends a body that is whole.
  void finish() {
    if (!std::exchange(stream_, std::nullopt)) return;
    (void)types::outgoing_body::finish(*std::exchange(body_, std::nullopt), std::move(trailers_));
  }

 private:
  bool check(auto const& outcome) {
    if (!outcome) stream_.reset();
    return outcome.has_value();
  }
  std::optional<types::outgoing_body> body_;
  std::optional<types::fields> trailers_;
  std::optional<wasi::io::streams::output_stream> stream_;  // below its body: it has to go first
};

// A function that writes a body; it may own what it writes from, such as the reader of the
// request's body.
class body_source {
 public:
  body_source() = default;
  template <std::invocable<body_writer&> F>
  body_source(F write) : write_(std::make_unique<holder<F>>(std::move(write))) {}
  explicit operator bool() const { return write_ != nullptr; }
  void operator()(body_writer& out) { write_->call(out); }

 private:
  struct callable {
    virtual void call(body_writer& out) = 0;
    virtual ~callable() = default;
  };
  template <class F>
  struct holder final : callable {
    explicit holder(F f) : function(std::move(f)) {}
    void call(body_writer& out) override { function(out); }
    F function;
  };
  std::unique_ptr<callable> write_;
};

}  // namespace http
