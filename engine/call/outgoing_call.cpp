#include "engine/call/outgoing_call.h"

#include <algorithm>
#include <utility>

#include "engine/call/guest_call.h"

namespace weft::engine {
namespace {

using contracts::Body;
using contracts::Header;
using contracts::HttpCode;
using std::chrono::nanoseconds;

// Longer than any process lives, and far from overflow.
constexpr std::uint64_t k_longest_ns = 365ull * 24 * 3600 * 1'000'000'000;

nanoseconds time_of(std::uint64_t ns) { return nanoseconds(std::min(ns, k_longest_ns)); }

}  // namespace

OutgoingCall::OutgoingCall(GuestCall& parent, const eng_client* client)
    : parent_(&parent), thread_(parent.shard().thread_), client_(client) {}

OutgoingCall::~OutgoingCall() {
  eng_client_free(client_);
  if (parent_ != nullptr) parent_->forget(*this);
}

OutgoingCall* OutgoingCall::begin(GuestCall& parent, const ImportSlot& slot,
                                  const eng_client* client, const eng_client_request& request) {
  auto* call = new OutgoingCall(parent, client);
  call->send(slot, request);
  call->starting_ = false;
  if (!call->replied_) return call;
  call->parent_ = nullptr;  // which has not got to know it
  delete call;
  return nullptr;
}

void OutgoingCall::send(const ImportSlot& slot, const eng_client_request& request) {
  ComponentShard& shard = parent_->shard();
  const contracts::Context& above = parent_->context();
  std::vector<Header> headers;
  headers.reserve(request.header_count);
  for (const auto& header : std::span(request.headers, request.header_count))
    headers.push_back({view(header.name), view(header.value)});
  contracts::HttpRequest http{.method = view(request.method),
                              .scheme = view(request.scheme),
                              .authority = view(request.authority),
                              .target = view(request.target),
                              .headers = headers,
                              .body = {},
                              .body_state = request.body_ended ? Body::ended : Body::more,
                              .credit = request.credit};
  if (request.connect_timeout != 0) http.connect_timeout = time_of(request.connect_timeout);
  sent_ = request.body_ended;
  credit_ = request.credit;
  watch(request);
  auto pending =
      shard.imports_.invoke({.context = {.request = above.request,
                                         .trace = above.trace.child(thread_.random),
                                         .deadline = above.deadline,
                                         .hops = above.hops + 1,
                                         .chain = shard.frame(slot, above.chain)},
                             .source = shard.component().id(),
                             .link = "default",
                             .contract = slot.interface,
                             .interface = slot.interface,
                             .function = slot.function,
                             .payload = contracts::HttpCall{.request = &http, .caller = this}},
                            *this);
  if (!replied_) pending_ = std::move(pending);
}

// ---- from the callee, maybe on its guest's stack ----

std::span<const eng_header> OutgoingCall::for_engine(std::span<const Header> headers) {
  fields_.clear();
  for (const auto& header : headers) fields_.push_back({slice(header.name), slice(header.value)});
  return fields_;
}

// What it took to get there is not part of the time for the first byte.
void OutgoingCall::on_sent() {
  if (head_) return;
  progress_ = {};
  arm();
}

void OutgoingCall::on_head(contracts::HttpCallee& callee, std::uint16_t status,
                           std::span<const Header> headers) {
  callee_ = &callee;
  head_ = true;
  if (client_ == nullptr) return;
  const auto fields = for_engine(headers);
  eng_client_head(client_, status, fields.data(), fields.size());
  progress_ = {};
  arm();
}

void OutgoingCall::on_body(std::string_view chunk) {
  credit_ -= std::min(credit_, chunk.size());
  if (client_ == nullptr) return;
  eng_client_body(client_, slice(chunk));
  if (alarm_) progress_ = thread_.clock.now();
}

void OutgoingCall::on_end(std::span<const Header> trailers) {
  ended_ = true;
  if (alarm_) alarm_->cancel();
  if (client_ == nullptr) return;
  const auto fields = for_engine(trailers);
  eng_client_end(client_, fields.data(), fields.size());
}

void OutgoingCall::on_want(contracts::HttpCallee& callee, std::size_t limit) {
  callee_ = &callee;
  if (client_ != nullptr) eng_client_want(client_, limit);
}

void OutgoingCall::on_reply(contracts::Reply reply) noexcept {
  pending_.settled();
  replied_ = true;
  callee_ = nullptr;
  if (!ended_ && !reply.results) {
    const Error& error = reply.results.error();
    const bool own = reply.code == HttpCode::none;
    if (own && error.code == Errc::denied && parent_ != nullptr) {
      // Within the component's budget of lines.
      parent_->shard().log_.write(LogLevel::warn, error.message, {"link", "default"},
                                  parent_->context());
    }
    fail(own ? contracts::http_code(error.code) : reply.code, error.message);
  }
  if (!starting_) delete this;
}

// ---- from the guest ----

void OutgoingCall::on_cancelled() {
  pending_.cancel();
  delete this;
}

void OutgoingCall::push(std::string_view chunk, Body state, std::span<const eng_header> trailers) {
  if (state == Body::ended) sent_ = true;
  if (callee_ == nullptr) return;
  std::vector<Header> fields;
  fields.reserve(trailers.size());
  for (const auto& trailer : trailers) fields.push_back({view(trailer.name), view(trailer.value)});
  callee_->push(chunk, state, fields);
}

void OutgoingCall::credit(std::size_t bytes) {
  if (alarm_ && credit_ == 0) progress_ = thread_.clock.now();
  credit_ += bytes;
  if (callee_ != nullptr) callee_->credit(bytes);
}

void OutgoingCall::fail(HttpCode code, std::string_view detail) {
  if (client_ != nullptr) eng_client_fail(client_, slice(contracts::wit_name(code)), slice(detail));
}

void OutgoingCall::cancel() {
  if (ended_ && sent_) return;
  callee_ = nullptr;
  pending_.cancel();
}

void OutgoingCall::let_go() {
  parent_ = nullptr;
  if (!pending_) {
    delete this;
  } else {
    eng_client_free(std::exchange(client_, nullptr));
  }
}

// ---- time ----

void OutgoingCall::watch(const eng_client_request& request) {
  first_byte_ = time_of(request.first_byte_timeout);
  between_bytes_ = time_of(request.between_bytes_timeout);
  if (first_byte_.count() == 0 && between_bytes_.count() == 0) return;
  alarm_.emplace(thread_.loop.io().get_executor(), thread_.clock, [this] { on_alarm(); });
}

void OutgoingCall::arm() {
  if (!alarm_) return;
  if (progress_ == MonotonicTime()) progress_ = thread_.clock.now();
  const auto allowed = head_ ? between_bytes_ : first_byte_;
  if (allowed.count() == 0) return alarm_->cancel();
  alarm_->set(progress_ + allowed);
}

// Bytes that came since it was set move it; so does a guest that does not read.
void OutgoingCall::on_alarm() {
  const auto now = thread_.clock.now();
  if (head_ && credit_ == 0) progress_ = now;
  if (now < progress_ + (head_ ? between_bytes_ : first_byte_)) return arm();
  fail(head_ ? HttpCode::connection_read_timeout : HttpCode::http_response_timeout, {});
  pending_.cancel();
  delete this;
}

}  // namespace weft::engine
