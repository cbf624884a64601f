#include "ingress/http/exchange.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>
#include <utility>
#include <vector>

#include "ingress/http/answer.h"
#include "net/http_syntax.h"

namespace weft::ingress {
namespace {

constexpr std::string_view k_contract = "wasi:http/incoming-handler";
constexpr std::size_t k_window = 64 * 1024;

contracts::Body body_state(net::HttpMore more) {
  return more == net::HttpMore::yes ? contracts::Body::more : contracts::Body::ended;
}

// Whether it is a Connection that may name other fields. A list longer than any honest one is not
// believed: looking for each field in it would cost too much.
bool is_list_of_fields(const net::HttpField& field) {
  constexpr std::size_t longest = 256;
  return net::same_word(field.name, "connection") && field.value.size() <= longest &&
         !net::same_word(field.value, "keep-alive") && !net::same_word(field.value, "close");
}

}  // namespace

Exchange::Exchange(net::Socket socket, net::HttpServer& server, ExchangeContext& context)
    : HttpPeer(std::move(socket), server), shared_(context), turn_(server.turn()) {
  shared_.metrics.connections.add();
  shared_.metrics.connections_open.add();
}

Exchange::~Exchange() {
  if (!bad_response_.empty()) turn_.forget(*this);
  shared_.metrics.connections_open.subtract();
}

// ---- from the client ----

void Exchange::begin() {
  began_ = shared_.clock.now();
  context_ = {};
  context_.request = shared_.random.next();
  accept_.clear();
  if (shared_.access_log != nullptr) {
    for (auto* text : {&method_, &host_, &target_, &version_, &component_}) text->clear();
  }
  callee_ = nullptr;
  ended_ = false;
  if (!std::exchange(open_, true)) shared_.metrics.in_flight.add();
}

void Exchange::on_request(const net::HttpHead& head, std::string_view body, net::HttpMore more) {
  begin();
  read_fields(head);
  if (shared_.access_log != nullptr) {
    method_ = head.method;
    host_ = head.authority;
    target_ = head.target;
    version_ = net::text(head.version);
  }
  const auto host = net::host_of(head.authority);
  const auto* route = shared_.routes == nullptr ? nullptr : shared_.routes->find(host, head.target);
  if (route == nullptr) {
    const auto path = head.target.substr(0, std::min<std::size_t>(head.target.find('?'), 200));
    return answer(404, fmt::format("no application serves host {} path {} here",
                                   host.empty() ? "(none)" : host, path));
  }
  invoke(*route, head, body, more);
}

// What is passed on, and on the way what is read from it.
void Exchange::read_fields(const net::HttpHead& head) {
  auto& fields = shared_.request_fields;
  fields.clear();
  std::optional<TraceContext> parent;
  bool names_fields = false;
  for (const auto& field : head.fields) {
    switch (field.name.size()) {
      case 6:
        if (net::same_word(field.name, "expect")) continue;  // was met by the connection
        if (net::same_word(field.name, "accept")) accept_ = field.value;
        break;
      case 11:
        if (net::same_word(field.name, "traceparent")) parent = TraceContext::parse(field.value);
        break;
      default:
        if (net::is_hop_by_hop(field.name)) {
          names_fields |= is_list_of_fields(field);
          continue;
        }
        break;
    }
    fields.push_back({field.name, field.value});
  }
  if (names_fields) drop_named_by_connection(head);
  context_.trace = parent ? parent->child(shared_.random) : TraceContext::make(shared_.random);
}

// RFC 9110 7.6.1.
void Exchange::drop_named_by_connection(const net::HttpHead& head) {
  std::erase_if(shared_.request_fields, [&head](const contracts::Header& header) {
    return std::ranges::any_of(head.fields, [&header](const net::HttpField& field) {
      return is_list_of_fields(field) && net::lists_word(field.value, header.name);
    });
  });
}

void Exchange::invoke(const Route& route, const net::HttpHead& head, std::string_view body,
                      net::HttpMore more) {
  if (shared_.access_log != nullptr) component_ = route.target;
  const contracts::HttpRequest request{
      .method = head.method,
      .scheme = "http",
      .authority = head.authority.empty() ? std::string_view(shared_.address) : head.authority,
      .target = head.target,
      .headers = shared_.request_fields,
      .body = body,
      .body_state = body_state(more)};
  call_ = shared_.invoker.invoke({.context = context_,
                                  .source = route.source.text(),
                                  .link = route.link.text(),
                                  .contract = k_contract,
                                  .interface = k_contract,
                                  .function = "handle",
                                  .payload = contracts::HttpCall{&request, this}},
                                 *this);
}

void Exchange::on_refused(const net::HttpRefusal& refusal, const net::HttpRequestLine& line) {
  if (!open_) {
    begin();
    context_.trace = TraceContext::make(shared_.random);
    if (shared_.access_log != nullptr) {
      method_ = line.method;
      target_ = line.target;
      version_ = line.version;
    }
  }
  shared_.metrics.refused.add();
  answer(refusal.status, refusal.why);
}

void Exchange::on_request_body(std::string_view chunk, net::HttpMore more,
                               std::span<const net::HttpField> trailers) {
  if (callee_ == nullptr) return;
  auto& fields = shared_.request_fields;
  fields.clear();
  for (const auto& field : trailers) fields.push_back({field.name, field.value});
  callee_->push(chunk, body_state(more), fields);
}

void Exchange::on_drained(std::size_t bytes) {
  if (callee_ != nullptr) callee_->credit(bytes);
}

void Exchange::on_gone(net::HttpGone) {
  callee_ = nullptr;
  call_.cancel();
}

void Exchange::on_done(const net::HttpOutcome& outcome) {
  if (!std::exchange(open_, false)) return;
  auto& metrics = shared_.metrics;
  const auto took = shared_.clock.now() - began_;
  metrics.in_flight.subtract();
  metrics.bytes_in.add(outcome.bytes_in);
  metrics.bytes_out.add(outcome.bytes_out);
  metrics.finished(outcome.status, took);
  if (outcome.end == net::HttpEnd::client_left) metrics.client_left.add();
  if (shared_.access_log == nullptr) return;
  const auto remote = connection_.remote_address();
  shared_.access_log->write({.remote = remote,
                             .method = method_,
                             .host = host_,
                             .target = target_,
                             .version = version_,
                             .component = component_,
                             .status = outcome.status,
                             .bytes_in = outcome.bytes_in,
                             .bytes_out = outcome.bytes_out,
                             .took = took,
                             .request = context_.request});
}

// ---- from the callee ----

std::span<const net::HttpField> Exchange::for_client(std::span<const contracts::Header> headers) {
  auto& fields = shared_.response_fields;
  fields.clear();
  for (const auto& header : headers) fields.push_back({header.name, header.value});
  return fields;
}

void Exchange::on_head(contracts::HttpCallee& callee, std::uint16_t status,
                       std::span<const contracts::Header> headers) {
  callee_ = &callee;
  status_ = status;
  const auto refused = connection_.respond(status, for_client(headers));
  if (!refused) return;
  bad_response_ = *refused;
  turn_.later(*this);
}

void Exchange::on_body(std::string_view chunk) {
  if (bad_response_.empty()) connection_.write(chunk);
}

void Exchange::on_end(std::span<const contracts::Header> trailers) {
  if (!bad_response_.empty()) return;
  ended_ = true;
  connection_.finish(for_client(trailers));
}

void Exchange::on_want(contracts::HttpCallee& callee, std::size_t limit) {
  callee_ = &callee;
  connection_.read_body(std::min(limit, k_window));
}

void Exchange::on_reply(contracts::Reply reply) noexcept {
  call_.settled();
  callee_ = nullptr;
  if (!bad_response_.empty()) return;  // answered at the turn's end
  if (!reply.results) {
    failed(reply.results.error());
  } else if (!ended_) {
    failed({Errc::internal, "the call ended without a complete response"});
  } else {
    connection_.release();
  }
}

void Exchange::on_turn_end() {
  const auto why = std::exchange(bad_response_, {});
  callee_ = nullptr;
  call_.cancel();
  if (open_) failed({Errc::invalid, std::string(why)});
}

// ---- answers of our own ----

void Exchange::failed(const Error& error) {
  const auto status = status_of(error.code);
  // The engine reports every trap, with more than is known here.
  const bool warn = status >= 500 && status != 503 && error.code != Errc::trapped;
  shared_.log.line(warn ? LogLevel::warn : LogLevel::debug, error.message,
                   {{"request", contracts::text(context_.request)},
                    {"trace", context_.trace.trace_text()},
                    {"error", name(error.code)},
                    {"status", unsigned{ended_ ? status_ : status}}});
  if (ended_) return connection_.release();  // the response was complete before its maker failed
  if (!connection_.take_back()) return connection_.release();
  answer(status, sentence_of(error.code));
}

void Exchange::answer(std::uint16_t status, std::string_view sentence) {
  const auto made = make_answer(status, sentence, context_, accept_);
  const std::array<net::HttpField, 4> fields{{{"content-type", made.content_type},
                                              {"cache-control", "no-store"},
                                              {"x-content-type-options", "nosniff"},
                                              {"retry-after", "1"}}};
  (void)connection_.respond(status, std::span(fields).first(status == 503 ? 4 : 3));
  connection_.write(made.body);
  connection_.finish({});
  connection_.release();
}

}  // namespace weft::ingress
