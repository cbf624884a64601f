// The HTTP side of a guest call: between contracts::HttpCaller and the engine's exchange.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>
#include <utility>

#include "engine/call/guest_call.h"

namespace weft::engine {
namespace {

using contracts::Body;
using contracts::Header;

// What a header field costs apart from its text, as the engine counts it.
constexpr std::uint64_t k_field_overhead = 32;

bool is_content_length(std::string_view name) {
  return std::ranges::equal(name, std::string_view("content-length"), [](char a, char b) {
    return (a >= 'A' && a <= 'Z' ? static_cast<char>(a - 'A' + 'a') : a) == b;
  });
}

// The body's length as the client announces it; 0 if it does not. A number too large for 64 bits is
// the largest.
std::uint64_t announced_length(std::span<const Header> headers) {
  for (const auto& header : headers) {
    if (!is_content_length(header.name)) continue;
    std::uint64_t length = 0;
    const char* end = header.value.data() + header.value.size();
    const auto read = std::from_chars(header.value.data(), end, length);
    if (read.ec == std::errc::result_out_of_range) return std::numeric_limits<std::uint64_t>::max();
    if (read.ec == std::errc() && read.ptr == end) return length;
  }
  return 0;
}

std::string too_large(std::uint64_t most) {
  return fmt::format("413 Content Too Large: this takes at most {} bytes of body\n", most);
}

}  // namespace

Result<> GuestCall::check_request(const contracts::HttpRequest& request) {
  const Component& component = *shard_.component_;
  const auto& limits = component.spec().limits;
  const auto exceeded = [&](std::string_view key, std::uint64_t used) {
    return fail(Errc::exhausted,
                "a request to " + component.limit_message({.key = key, .used = used}));
  };
  const auto headers_too_large = [&](std::string_view most) {
    refusal_ = {431, fmt::format("431 Request Header Fields Too Large: {}\n", most)};
  };
  if (limits.header_count != 0 && request.headers.size() > limits.header_count) {
    headers_too_large(fmt::format("this takes at most {} header fields", limits.header_count));
    return exceeded("header_count", request.headers.size());
  }
  std::uint64_t bytes = 0;
  for (const auto& header : request.headers)
    bytes += header.name.size() + header.value.size() + k_field_overhead;
  if (limits.header_bytes != 0 && bytes > limits.header_bytes) {
    headers_too_large(
        fmt::format("this takes at most {} bytes of header fields, {} for each field "
                    "included",
                    limits.header_bytes, k_field_overhead));
    return exceeded("header_bytes", bytes);
  }
  if (limits.body_bytes == 0) return {};
  const auto body = std::max<std::uint64_t>(request.body.size(), announced_length(request.headers));
  if (body > limits.body_bytes) {
    refusal_ = {413, too_large(limits.body_bytes)};
    return exceeded("body_bytes", body);
  }
  return {};
}

// The client's own fault, so it is told what would be right; the reply then is for the log.
void GuestCall::answer_refusal(contracts::HttpCaller& caller) {
  const auto [status, text] = std::exchange(refusal_, {});
  if (status == 0) return;
  const std::array<Header, 1> headers{{{"content-type", "text/plain; charset=utf-8"}}};
  caller.on_head(*this, status, headers);
  caller.on_body(text);
  caller.on_end({});
}

const eng_task* GuestCall::start_http() {
  const Component& component = *shard_.component_;
  auto& headers = shard_.engine_headers_;
  headers.clear();
  for (const auto& header : request_->headers)
    headers.push_back({slice(header.name), slice(header.value)});
  received_ = request_->body.size();
  eng_http_request request{};
  request.method = slice(request_->method);
  request.target = slice(request_->target);
  request.scheme = slice(request_->scheme);
  request.authority = slice(request_->authority);
  request.headers = headers.data();
  request.header_count = headers.size();
  request.body = slice(request_->body);
  request.body_ended = request_->body_state == Body::ended;
  request.credit = request_->credit;
  return eng_http_start(component.linked().http.get(), &request, &component.limits(),
                        shard_.configured_.setting.get(), GuestContext::pointer(),
                        thread_.loop.executor(), http_sink(*this));
}

std::span<const Header> GuestCall::headers_from_engine(const eng_header* headers,
                                                       std::size_t count) {
  auto& ours = shard_.headers_;
  ours.clear();
  for (const auto& header : std::span(headers, count))
    ours.push_back({view(header.name), view(header.value)});
  return ours;
}

eng_http_sink GuestCall::http_sink(GuestCall& guest) {
  eng_http_sink sink{};
  sink.user = &guest;
  sink.head = [](void* self, const eng_exchange* exchange, std::uint16_t status,
                 const eng_header* headers, std::size_t count) {
    auto& call = *static_cast<GuestCall*>(self);
    call.exchange_ = exchange;
    call.has_begun();
    call.head_ = true;
    call.progressed();
    if (call.caller_ != nullptr)
      call.caller_->on_head(call, status, call.headers_from_engine(headers, count));
  };
  sink.body = [](void* self, eng_slice chunk) {
    auto& call = *static_cast<GuestCall*>(self);
    call.progressed();
    if (call.caller_ != nullptr) call.caller_->on_body(view(chunk));
  };
  sink.end = [](void* self, const eng_header* trailers, std::size_t count) {
    auto& call = *static_cast<GuestCall*>(self);
    call.ended_ = true;
    call.progressed();
    if (call.caller_ != nullptr) call.caller_->on_end(call.headers_from_engine(trailers, count));
  };
  sink.refused = [](void* self, eng_slice code) {
    static_cast<GuestCall*>(self)->refused_ = view(code);
  };
  sink.want = [](void* self, const eng_exchange* exchange, std::size_t limit) {
    auto& call = *static_cast<GuestCall*>(self);
    call.exchange_ = exchange;
    call.has_begun();
    call.wants_ = true;
    call.progressed();
    if (call.caller_ != nullptr) call.caller_->on_want(call, limit);
  };
  sink.done = on_done;
  return sink;
}

void GuestCall::push(std::string_view chunk, Body state, std::span<const Header> trailers) {
  if (exchange_ == nullptr || over_) return;
  const bool waited = std::exchange(wants_, false) && !head_;
  const auto asked = progress_;
  received_ += chunk.size();
  progressed();
  if (waited) body_waited_ += progress_ - asked;
  const auto most = shard_.component_->spec().limits.body_bytes;
  if (most != 0 && received_ > most) {
    refusal_ = {413, too_large(most)};
    abort_ = Error{Errc::exhausted,
                   "the body of a request to " +
                       shard_.component_->limit_message({.key = "body_bytes", .used = received_})};
    // The guest may be on the stack; it is left waiting until it is not.
    return at_turn_end();
  }
  auto& fields = shard_.engine_headers_;
  fields.clear();
  for (const auto& trailer : trailers)
    fields.push_back({slice(trailer.name), slice(trailer.value)});
  eng_http_push(exchange_, slice(chunk), state == Body::ended, fields.data(), fields.size());
}

void GuestCall::credit(std::size_t bytes) {
  if (exchange_ == nullptr || over_) return;
  progressed();
  eng_http_credit(exchange_, bytes);
}

}  // namespace weft::engine
