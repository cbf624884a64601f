#include "net/http_response.h"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <ctime>

#include "net/http_syntax.h"

namespace weft::net {
namespace {

constexpr std::size_t k_small = 4096;      // up to this a body is copied behind its head
constexpr std::size_t k_kept = 16 * 1024;  // memory that an idle connection keeps
constexpr int k_most_fillers = 8;          // zeros before the at most 8 digits of a chunk's size

void append_number(std::string& out, std::uint64_t value, int base = 10) {
  std::array<char, 24> digits;
  const char* end = std::to_chars(digits.data(), digits.data() + digits.size(), value, base).ptr;
  out.append(digits.data(), static_cast<std::size_t>(end - digits.data()));
}

void append_field(std::string& out, const HttpField& field) {
  out.append(field.name).append(": ").append(field.value).append("\r\n");
}

}  // namespace

std::string_view date_line(WallTime now) {
  thread_local auto made = std::chrono::sys_seconds::min();
  thread_local std::array<char, 48> text;
  thread_local std::size_t size = 0;
  const auto second = std::chrono::floor<std::chrono::seconds>(now);
  if (second != made) {
    const std::time_t count = second.time_since_epoch().count();
    std::tm parts{};
    gmtime_r(&count, &parts);
    size = std::strftime(text.data(), text.size(), "date: %a, %d %b %Y %H:%M:%S GMT\r\n", &parts);
    made = second;
  }
  return {text.data(), size};
}

void HttpResponse::start(Method method, HttpVersion version, Trailers trailers) {
  method_ = method;
  version_ = version;
  wants_trailers_ = trailers;
  status_ = 0;
  promised_.reset();
  produced_ = 0;
  fillers_ = 0;
  head_.clear();
  body_.clear();
  trailers_.clear();
  has_head_ = has_date_ = committed_ = chunked_ = ended_ = over_ = closes_ = broken_ = false;
}

std::optional<std::string_view> HttpResponse::field(const HttpField& field) {
  if (!is_token(field.name)) return "the response has a header whose name is malformed";
  if (!is_field_value(field.value)) return "the response has a header whose value is malformed";
  switch (field.name.size()) {
    case 4:
      has_date_ |= same_word(field.name, "date");
      break;
    case 14:
      if (same_word(field.name, "content-length")) {
        if (promised_) return "the response has more than one content-length";
        promised_ = parse_decimal(field.value);
        if (!promised_) return "the response has a content-length that is not a number";
        if (status_ == 204) return std::nullopt;
      }
      break;
    default:
      break;
  }
  if (!is_hop_by_hop(field.name)) append_field(head_, field);
  return std::nullopt;
}

std::optional<std::string_view> HttpResponse::head(std::uint16_t status,
                                                   std::span<const HttpField> fields) {
  if (status < 200 || status > 999) return "the response has a status that is none";
  status_ = status;
  head_ = "HTTP/1.1 ";
  append_number(head_, status);
  head_ += ' ';
  head_.append(reason(status)).append("\r\n");
  for (const auto& each : fields) {
    if (const auto refused = field(each)) {
      head_.clear();
      promised_.reset();
      has_date_ = false;
      return refused;
    }
  }
  has_head_ = true;
  return std::nullopt;
}

void HttpResponse::body(std::string_view chunk) {
  if (ended_ || broken_) return;
  if (promised_ && has_body() && produced_ + chunk.size() > *promised_) {
    chunk = chunk.substr(0, *promised_ - produced_);
    broken_ = true;
  }
  produced_ += chunk.size();
  body_ += chunk;
}

void HttpResponse::end(std::span<const HttpField> trailers) {
  if (ended_) return;
  ended_ = true;
  if (promised_ && has_body() && produced_ < *promised_) broken_ = true;
  if (wants_trailers_ == Trailers::refused) return;
  for (const auto& each : trailers) {
    if (is_token(each.name) && is_field_value(each.value) && may_be_trailer(each.name)) {
      append_field(trailers_, each);
    }
  }
}

void HttpResponse::finish_head(Closing closing) {
  if (!has_date_) head_ += date_line(clock_.coarse_wall());
  if (has_body() && !promised_) {
    if (ended_ && trailers_.empty()) {
      head_ += "content-length: ";
      append_number(head_, body_.size());
      head_ += "\r\n";
    } else if (version_ == HttpVersion::v1_1) {
      chunked_ = true;
      head_ += "transfer-encoding: chunked\r\n";
    } else {
      closes_ = true;
    }
  }
  if (closing == Closing::yes || closes()) {
    closes_ = true;
    head_ += "connection: close\r\n";
  } else if (version_ == HttpVersion::v1_0) {
    head_ += "connection: keep-alive\r\n";
  }
  head_ += "\r\n";
}

void HttpResponse::take_chunk(HttpFrame& frame) {
  if (!frame.body.empty()) {
    append_number(frame.prefix, frame.body.size(), 16);
    frame.prefix += "\r\n";
    frame.suffix = "\r\n";
  }
  // A broken response must not look complete: the client sees that the last chunk is missing.
  if (ended_ && !broken_) frame.suffix.append("0\r\n").append(trailers_).append("\r\n");
}

bool HttpResponse::take(HttpFrame& frame, Closing closing) {
  if (!has_head_ || over_) return false;
  if (committed_ && body_.empty() && !ended_) return false;
  frame.prefix.clear();
  frame.body.clear();
  frame.suffix.clear();
  if (!committed_) {
    finish_head(closing);
    frame.prefix.swap(head_);
    committed_ = true;
  }
  fillers_ = 0;
  frame.credit = body_.size();
  frame.body.swap(body_);
  if (!has_body()) frame.body.clear();
  if (chunked_) take_chunk(frame);
  if (frame.prefix.size() + frame.body.size() + frame.suffix.size() <= k_small) {
    frame.prefix.append(frame.body).append(frame.suffix);
    frame.body.clear();
    frame.suffix.clear();
  }
  over_ = ended_;
  return true;
}

bool HttpResponse::can_fill_pause() const {
  return committed_ && chunked_ && !ended_ && !broken_ && fillers_ < k_most_fillers;
}

std::string_view HttpResponse::take_filler() {
  ++fillers_;
  return "0";
}

void HttpResponse::shrink() {
  if (body_.capacity() > k_kept) std::string().swap(body_);
}

}  // namespace weft::net
