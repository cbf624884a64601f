#include "providers/http_client/call.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "net/http_syntax.h"
#include "providers/http_client/endpoint.h"

namespace weft::providers::http_client {
namespace {

using contracts::Body;
using contracts::Header;
using contracts::HttpCode;
using net::DialFault;
using net::HttpClientFault;

HttpCode code_of(DialFault::Kind kind) {
  switch (kind) {
    case DialFault::Kind::name_unknown:
    case DialFault::Kind::name_failed:
      return HttpCode::dns_error;
    case DialFault::Kind::name_late:
      return HttpCode::dns_timeout;
    case DialFault::Kind::refused_by_us:
      return HttpCode::http_request_denied;
    case DialFault::Kind::refused:
      return HttpCode::connection_refused;
    case DialFault::Kind::unroutable:
      return HttpCode::destination_ip_unroutable;
    case DialFault::Kind::late:
      return HttpCode::connection_timeout;
    case DialFault::Kind::no_socket:
      return HttpCode::connection_limit_reached;
    case DialFault::Kind::tls_protocol:
      return HttpCode::tls_protocol_error;
    case DialFault::Kind::certificate:
      return HttpCode::tls_certificate_error;
    case DialFault::Kind::alert:
      return HttpCode::tls_alert_received;
    case DialFault::Kind::lost:
      return HttpCode::connection_terminated;
  }
  return HttpCode::internal_error;
}

HttpCode code_of(HttpClientFault::Kind kind, bool has_head) {
  switch (kind) {
    case HttpClientFault::Kind::lost:
    case HttpClientFault::Kind::untouched:
      return has_head ? HttpCode::http_response_incomplete : HttpCode::connection_terminated;
    case HttpClientFault::Kind::malformed:
      return HttpCode::http_protocol_error;
    case HttpClientFault::Kind::head_too_large:
      return HttpCode::http_response_header_section_size;
    case HttpClientFault::Kind::trailers_too_large:
      return HttpCode::http_response_trailer_section_size;
    case HttpClientFault::Kind::unknown_coding:
      return HttpCode::http_response_transfer_coding;
    case HttpClientFault::Kind::upgrade:
      return HttpCode::http_upgrade_failed;
  }
  return HttpCode::internal_error;
}

// RFC 9110 9.2.2.
bool is_idempotent(std::string_view method) {
  constexpr std::array<std::string_view, 6> methods = {"GET",    "HEAD",    "PUT",
                                                       "DELETE", "OPTIONS", "TRACE"};
  return std::ranges::find(methods, method) != methods.end();
}

Errc errc_of(HttpCode code) {
  switch (code) {
    case HttpCode::http_request_denied:
      return Errc::denied;
    case HttpCode::dns_timeout:
    case HttpCode::connection_timeout:
      return Errc::timed_out;
    case HttpCode::connection_limit_reached:
      return Errc::exhausted;
    default:
      return Errc::unavailable;
  }
}

}  // namespace

HttpClientCall::HttpClientCall(HttpClientEndpoint& endpoint,
                               const contracts::Invocation& invocation, Target target,
                               contracts::Replier& replier)
    : endpoint_(endpoint),
      target_(std::move(target)),
      kept_(*std::get<contracts::HttpCall>(invocation.payload).request),
      source_(invocation.source),
      traceparent_(invocation.context.trace.header()),
      deadline_(invocation.context.deadline),
      caller_(std::get<contracts::HttpCall>(invocation.payload).caller),
      replier_(replier),
      credit_(kept_.request().credit) {}

void HttpClientCall::start() {
  const auto look = may_repeat() ? Pool::Look::no : Pool::Look::yes;
  if (auto line = endpoint_.pool().take(target_, look)) return send(std::move(line));
  dial();
}

void HttpClientCall::dial() {
  const auto patience = std::min<std::chrono::nanoseconds>(kept_.request().connect_timeout,
                                                           endpoint_.grant().connect_timeout);
  const auto deadline = std::min(deadline_, endpoint_.clock().now() + patience);
  wish_ = endpoint_.pool().dial({.target = target_, .asker = source_, .deadline = deadline},
                                [this](auto line) {
                                  if (line) return send(*std::move(line));
                                  dial_failed(line.error());
                                });
}

void HttpClientCall::dial_failed(const PoolFault& fault) {
  if (!fault.dial) {
    endpoint_.refused_place(source_, target_, fault.why);
    return fail(HttpCode::connection_limit_reached, {Errc::exhausted, fault.why});
  }
  const auto code = code_of(fault.dial->kind);
  if (fault.dial->kind == DialFault::Kind::refused_by_us)
    endpoint_.refused_address(source_, target_, fault.dial->address);
  fail(code, {errc_of(code), fault.dial->why});
}

void HttpClientCall::send(std::unique_ptr<Line> line) {
  line_ = std::move(line);
  const auto& request = kept_.request();
  std::vector<net::HttpField> fields;
  fields.reserve(request.headers.size() + 1);
  for (const auto& header : request.headers) {
    if (!net::same_word(header.name, "traceparent")) fields.push_back({header.name, header.value});
  }
  fields.push_back({"traceparent", traceparent_});
  const bool body = request.body_state == Body::more || !request.body.empty();
  line_->connection->send({.method = request.method,
                           .target = request.target,
                           .authority = request.authority,
                           .fields = fields,
                           .body = body ? net::HttpMore::yes : net::HttpMore::no,
                           .credit = credit_},
                          *this);
  caller_->on_sent();
}

void HttpClientCall::cancel() noexcept {
  wish_.reset();
  if (line_) endpoint_.pool().give_back(std::move(line_));
  endpoint_.remove(*this);
}

void HttpClientCall::fail(HttpCode code, Error error) {
  auto& replier = replier_;
  error = std::move(error).context(
      fmt::format("{} {}://{}", kept_.request().method, target_.scheme, kept_.request().authority));
  wish_.reset();
  if (line_) endpoint_.pool().give_back(std::move(line_));
  endpoint_.remove(*this);
  replier.on_reply({std::unexpected(std::move(error)), code});
}

// ---- from the caller ----

void HttpClientCall::push(std::string_view chunk, Body state, std::span<const Header> trailers) {
  if (!line_) return;
  std::vector<net::HttpField> fields;
  fields.reserve(trailers.size());
  for (const auto& trailer : trailers) fields.push_back({trailer.name, trailer.value});
  line_->connection->push(chunk, state == Body::more ? net::HttpMore::yes : net::HttpMore::no,
                          fields);
}

void HttpClientCall::credit(std::size_t bytes) {
  if (line_) {
    line_->connection->credit(bytes);  // which may be the end
  } else {
    credit_ += bytes;
  }
}

// ---- from the server ----

void HttpClientCall::on_head(std::uint16_t status, std::span<const net::HttpField> fields) {
  head_ = true;
  std::vector<Header> headers;
  headers.reserve(fields.size());
  for (const auto& field : fields) {
    if (!net::is_hop_by_hop(field.name)) headers.push_back({field.name, field.value});
  }
  caller_->on_head(*this, status, headers);
}

void HttpClientCall::on_body(std::string_view chunk) { caller_->on_body(chunk); }

void HttpClientCall::on_end(std::span<const net::HttpField> trailers) {
  std::vector<Header> headers;
  headers.reserve(trailers.size());
  for (const auto& field : trailers) {
    if (net::may_be_trailer(field.name)) headers.push_back({field.name, field.value});
  }
  caller_->on_end(headers);
  auto& replier = replier_;
  endpoint_.pool().give_back(std::move(line_));
  endpoint_.remove(*this);
  replier.on_reply({contracts::Image()});
}

void HttpClientCall::on_want(std::size_t limit) {
  const auto& request = kept_.request();
  if (given_ == request.body.size()) return caller_->on_want(*this, limit);
  const auto piece = request.body.substr(given_, limit);
  given_ += piece.size();
  const bool more = request.body_state == Body::more || given_ < request.body.size();
  line_->connection->push(piece, more ? net::HttpMore::yes : net::HttpMore::no, {});
}

// A server may close a kept connection at any time, also when a request is on its way to it.
bool HttpClientCall::may_repeat() const {
  const auto& request = kept_.request();
  return request.body_state == Body::ended && request.body.empty() && is_idempotent(request.method);
}

void HttpClientCall::on_failed(const HttpClientFault& fault) {
  if (fault.kind == HttpClientFault::Kind::untouched && may_repeat()) {
    endpoint_.pool().give_back(std::move(line_));
    return dial();
  }
  const auto code = code_of(fault.kind, head_);
  fail(code, {errc_of(code), fault.why});
}

}  // namespace weft::providers::http_client
