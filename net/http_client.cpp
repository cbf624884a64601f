#include "net/http_client.h"

#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <utility>
#include <vector>

#include "net/client_stream.h"
#include "net/http_syntax.h"

namespace weft::net {
namespace {

using boost::system::error_code;
using FaultKind = HttpClientFault::Kind;

constexpr int k_most_interim = 32;

FaultKind kind_of(ReplyFault::Kind kind) {
  switch (kind) {
    case ReplyFault::Kind::malformed:
      return FaultKind::malformed;
    case ReplyFault::Kind::head_too_large:
      return FaultKind::head_too_large;
    case ReplyFault::Kind::trailers_too_large:
      return FaultKind::trailers_too_large;
    case ReplyFault::Kind::unknown_coding:
      return FaultKind::unknown_coding;
  }
  return FaultKind::malformed;
}

void append_field(std::string& out, std::string_view name, std::string_view value) {
  out.append(name).append(": ").append(value).append("\r\n");
}

// Whether a request of this method without a body says so.
bool expects_length(std::string_view method) {
  return method == "POST" || method == "PUT" || method == "PATCH";
}

}  // namespace

class HttpClientConnection::Wire final : public std::enable_shared_from_this<Wire> {
 public:
  Wire(std::unique_ptr<ClientStream> stream, const HttpClientSettings& settings,
       std::function<void()> on_lost)
      : stream_(std::move(stream)),
        settings_(settings),
        on_lost_(std::move(on_lost)),
        reader_(settings.limits) {}

  void close() {
    handler_ = nullptr;
    on_lost_ = nullptr;
    shut();
  }

  bool usable() const { return open_ && handler_ == nullptr; }

  bool usable_now() const {
    char byte = 0;
    return usable() &&
           ::recv(stream_->socket().native_handle(), &byte, 1, MSG_PEEK | MSG_DONTWAIT) < 0 &&
           errno == EAGAIN;
  }

  // ---- the request ----

  void send(const HttpClientRequest& request, HttpClientHandler& handler) {
    handler_ = &handler;
    credit_ = request.credit;
    method_ = request.method == "HEAD" ? Method::head : Method::other;
    head_seen_ = touched_ = false;
    interim_ = 0;
    write_head(request);
    body_left_ = request.body == HttpMore::yes;
    flush();
    read();
  }

  void push(std::string_view chunk, HttpMore more, std::span<const HttpField> trailers) {
    if (!open_ || !body_left_) return;
    if (chunked_) {
      append_chunk(chunk);
      if (more == HttpMore::no) append_end(trailers);
    } else {
      out_ += chunk;
    }
    body_left_ = more == HttpMore::yes;
    wanted_ = false;
    flush();
    if (out_.empty()) ask();  // nothing came, but more will
  }

  void credit(std::size_t bytes) {
    const bool dry = credit_ == 0;
    credit_ += bytes;
    if (dry && !parsing_ && handler_ != nullptr) parse();
  }

  void read() {
    if (reading_ || !open_) return;
    // What has come waits for credit.
    const bool full = handler_ != nullptr && head_seen_ && credit_ == 0;
    if (full) return;
    const auto room =
        input_.room(head_seen_ && handler_ != nullptr ? settings_.window : HttpInput::k_first);
    const auto grown = room.empty() ? input_.room(input_.capacity() * 2) : room;
    reading_ = true;
    stream_->async_read_some(
        boost::asio::buffer(grown.data(), grown.size()),
        [self = shared_from_this()](const error_code& error, std::size_t bytes) {
          self->on_read(error, bytes);
        });
  }

 private:
  void write_head(const HttpClientRequest& request) {
    out_.clear();
    out_.append(request.method).append(" ").append(request.target).append(" HTTP/1.1\r\n");
    append_field(out_, "host", request.authority);
    bool has_length = false;
    for (const auto& field : request.fields) {
      if (is_hop_by_hop(field.name) || same_word(field.name, "host")) continue;
      if (same_word(field.name, "content-length") && std::exchange(has_length, true)) continue;
      append_field(out_, field.name, field.value);
    }
    chunked_ = request.body == HttpMore::yes && !has_length;
    if (chunked_) append_field(out_, "transfer-encoding", "chunked");
    if (request.body == HttpMore::no && !has_length && expects_length(request.method))
      append_field(out_, "content-length", "0");
    out_ += "\r\n";
  }

  void append_chunk(std::string_view chunk) {
    if (chunk.empty()) return;
    std::array<char, 20> digits;
    const auto* end =
        std::to_chars(digits.data(), digits.data() + digits.size(), chunk.size(), 16).ptr;
    out_.append(digits.data(), static_cast<std::size_t>(end - digits.data())).append("\r\n");
    out_.append(chunk).append("\r\n");
  }

  void append_end(std::span<const HttpField> trailers) {
    out_ += "0\r\n";
    for (const auto& field : trailers) {
      if (may_be_trailer(field.name)) append_field(out_, field.name, field.value);
    }
    out_ += "\r\n";
  }

  void flush() {
    if (writing_ || out_.empty() || !open_) return;
    writing_ = true;
    sending_.swap(out_);
    out_.clear();
    stream_->async_write(boost::asio::buffer(sending_),
                         [self = shared_from_this()](const error_code& error, std::size_t) {
                           self->on_written(error);
                         });
  }

  void on_written(const error_code& error) {
    writing_ = false;
    sending_.clear();
    if (!open_) return;
    if (error) {
      // The server may have answered before it closed: that is still to be read.
      write_failed_ = true;
      return;
    }
    flush();
    if (out_.empty()) ask();
  }

  void ask() {
    if (handler_ == nullptr || !body_left_ || writing_ || write_failed_ || wanted_) return;
    wanted_ = true;
    handler_->on_want(settings_.window);
  }

  // ---- the response ----

  void on_read(const error_code& error, std::size_t bytes) {
    reading_ = false;
    if (!open_) return;
    if (handler_ == nullptr) return lost_idle();
    if (error) return on_end_of_input(error);
    touched_ = true;
    input_.filled(bytes);
    parse();
  }

  void lost_idle() {
    shut();
    if (auto lost = std::exchange(on_lost_, nullptr)) lost();
  }

  void on_end_of_input(const error_code& error) {
    const bool clean = error == boost::asio::error::eof;
    if (clean && head_seen_ && reader_.ends_by_close()) return finish(0);
    const auto kind = !touched_ && served_ ? FaultKind::untouched : FaultKind::lost;
    fail(kind, touched_ ? "the connection ended before the response was complete"
                        : "the connection ended before a response");
  }

  void fail(FaultKind kind, std::string_view why) {
    shut();
    if (auto* handler = std::exchange(handler_, nullptr))
      handler->on_failed({kind, std::string(why)});
  }

  void parse() {
    const auto self = shared_from_this();
    parsing_ = true;
    while (handler_ != nullptr && step()) {
    }
    parsing_ = false;
    if (handler_ != nullptr) read();
  }

  // One step; false when that was the last, or when more input or credit is needed.
  bool step() {
    if (!head_seen_) return read_head();
    if (reader_.is_done()) return finish(0), false;
    const auto piece = reader_.decode(input_.view(), credit_);
    if (!piece) return fail(kind_of(piece.error().kind), piece.error().why), false;
    if (!piece->data.empty()) {
      credit_ -= piece->data.size();
      handler_->on_body(piece->data);
    }
    if (reader_.is_done()) return finish(piece->consumed), false;
    input_.consume(piece->consumed);
    return piece->consumed > 0;
  }

  bool read_head() {
    const auto size = reader_.read_head(input_.view(), method_, head_);
    if (!size) return fail(kind_of(size.error().kind), size.error().why), false;
    if (*size == 0) return false;
    if (head_.status == 101)
      return fail(FaultKind::upgrade, "the server changes the protocol, which nobody asked for"),
             false;
    if (head_.status < 200) {
      input_.consume(*size);
      if (++interim_ > k_most_interim)
        return fail(FaultKind::malformed, "too many interim responses"), false;
      return true;
    }
    head_seen_ = true;
    handler_->on_head(head_.status, head_.fields);
    input_.consume(*size);
    return true;
  }

  // The response is complete; `rest`: what of the input still belongs to it.
  void finish(std::size_t rest) {
    const auto self = shared_from_this();
    auto* handler = std::exchange(handler_, nullptr);
    // The trailers are views into the input, which is to be read into again.
    std::string text;
    std::vector<HttpField> trailers(reader_.trailers().begin(), reader_.trailers().end());
    for (const auto& field : trailers) text.append(field.name).append(field.value);
    std::string_view left = text;
    for (auto& field : trailers) {
      for (auto* part : {&field.name, &field.value}) {
        const auto size = part->size();
        *part = left.substr(0, size);
        left.remove_prefix(size);
      }
    }
    input_.consume(rest);
    served_ = true;
    const bool reusable = head_.keep_alive == KeepAlive::yes && !body_left_ && out_.empty() &&
                          !writing_ && !write_failed_ && input_.size() == 0;
    if (reusable) {
      read();
    } else {
      shut();
    }
    handler->on_end(trailers);
  }

  void shut() {
    if (!std::exchange(open_, false)) return;
    stream_->close();
  }

  const std::unique_ptr<ClientStream> stream_;
  const HttpClientSettings& settings_;
  std::function<void()> on_lost_;
  bool open_ = true, served_ = false, write_failed_ = false;
  bool reading_ = false, writing_ = false, parsing_ = false;
  HttpInput input_;
  std::string out_, sending_;
  // The request.
  HttpClientHandler* handler_ = nullptr;
  bool body_left_ = false, chunked_ = false, wanted_ = false;
  // Its response.
  HttpReplyReader reader_;
  HttpReplyHead head_;
  Method method_ = Method::other;
  std::size_t credit_ = 0;
  int interim_ = 0;
  bool head_seen_ = false, touched_ = false;
};

HttpClientConnection::HttpClientConnection(std::unique_ptr<ClientStream> stream,
                                           const HttpClientSettings& settings,
                                           std::function<void()> on_lost)
    : wire_(std::make_shared<Wire>(std::move(stream), settings, std::move(on_lost))) {}

HttpClientConnection::~HttpClientConnection() { wire_->close(); }

void HttpClientConnection::send(const HttpClientRequest& request, HttpClientHandler& handler) {
  wire_->send(request, handler);
}

void HttpClientConnection::push(std::string_view chunk, HttpMore more,
                                std::span<const HttpField> trailers) {
  wire_->push(chunk, more, trailers);
}

void HttpClientConnection::credit(std::size_t bytes) { wire_->credit(bytes); }

bool HttpClientConnection::usable() const { return wire_->usable(); }

bool HttpClientConnection::usable_now() const { return wire_->usable_now(); }

}  // namespace weft::net
