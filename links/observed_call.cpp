#include "links/observed_call.h"

#include <utility>

namespace weft::links {

using contracts::Body;
using contracts::Header;
using contracts::HttpCallee;
using contracts::Invocation;
using contracts::Pending;
using contracts::Reply;

ObservedCall::ObservedCall(Observation observation, const Link* link, const Invocation& invocation,
                           contracts::Replier& replier)
    : observation_(observation),
      replier_(replier),
      context_(invocation.context),
      source_(invocation.source),
      target_(link != nullptr ? link->target : ""),
      link_(invocation.link),
      interface_(invocation.interface),
      function_(invocation.function),
      started_(observation.clock.now()) {}

Pending ObservedCall::start(Observation observation, const Link* link, contracts::Invoker* target,
                            Refused refused, Invocation invocation, contracts::Replier& replier) {
  auto* call = new ObservedCall(observation, link, invocation,
                                replier);  // owns itself until reply or cancel
  for (auto* observer : observation.observers) observer->on_start(call->span());
  if (target == nullptr) {
    call->on_reply({std::unexpected(std::move(refused.error)), refused.code});
  } else {
    if (observation.recorder != nullptr)
      call->recording_ = observation.recorder->record(invocation, link->target);
    if (auto* http = std::get_if<contracts::HttpCall>(&invocation.payload)) {
      call->caller_ = http->caller;
      http->caller = call;
      call->bytes_in_ = http->request->body.size();
    } else {
      call->bytes_in_ = std::get<contracts::Image>(invocation.payload).size();
    }
    call->pending_ = target->invoke(std::move(invocation), *call);
  }
  call->starting_ = false;
  if (call->replied_) {
    delete call;
    return {};
  }
  return Pending(*call);
}

void ObservedCall::cancel() noexcept {
  pending_.cancel();
  const Error gone{Errc::cancelled, "the caller went away"};
  finish(&gone);
  delete this;
}

contracts::SpanStart ObservedCall::span() const {
  return {context_, source_, target_, link_, interface_, function_};
}

void ObservedCall::finish(const Error* error) {
  const contracts::SpanEnd end{error, observation_.clock.now() - started_, bytes_in_, bytes_out_};
  for (auto* observer : observation_.observers) observer->on_end(span(), end);
}

void ObservedCall::on_reply(Reply reply) noexcept {
  pending_.settled();
  replied_ = true;
  if (reply.results) bytes_out_ += reply.results->size();
  if (recording_) recording_->on_reply(reply);
  finish(reply.results ? nullptr : &reply.results.error());
  replier_.on_reply(std::move(reply));
  if (!starting_) delete this;
}

void ObservedCall::on_sent() { caller_->on_sent(); }

void ObservedCall::on_head(HttpCallee& callee, std::uint16_t status,
                           std::span<const Header> headers) {
  callee_ = &callee;
  caller_->on_head(*this, status, headers);
}

void ObservedCall::on_body(std::string_view chunk) {
  bytes_out_ += chunk.size();
  caller_->on_body(chunk);
}

void ObservedCall::on_end(std::span<const Header> trailers) { caller_->on_end(trailers); }

void ObservedCall::on_want(HttpCallee& callee, std::size_t limit) {
  callee_ = &callee;
  caller_->on_want(*this, limit);
}

void ObservedCall::push(std::string_view chunk, Body state, std::span<const Header> trailers) {
  bytes_in_ += chunk.size();
  callee_->push(chunk, state, trailers);
}

void ObservedCall::credit(std::size_t bytes) { callee_->credit(bytes); }

}  // namespace weft::links
