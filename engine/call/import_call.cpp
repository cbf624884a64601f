#include "engine/call/import_call.h"

#include <utility>
#include <variant>

#include "engine/call/guest_call.h"

namespace weft::engine {
namespace {

// Why a guest's call cannot be sent that nobody waits for.
std::unexpected<Error> gone() { return fail(Errc::cancelled, "the guest that calls went away"); }

}  // namespace

void ImportCall::begin(const ImportSlot& slot, const eng_call* call, contracts::Image arguments) {
  slot_ = &slot;
  call_ = call;
  const bool read_here = slot.service != nullptr || slot.adapter != nullptr;
  if (read_here && !arguments.make_whole()) return answer(gone());
  if (slot.service != nullptr)
    return answer(slot.service->call(slot.name, slot.function, arguments, parent_));
  if (slot.adapter == nullptr) return send(slot.interface, slot.function, std::move(arguments));
  auto adapted = slot.adapter->call(slot.name, slot.function, arguments, parent_.handles());
  if (!adapted) return answer(std::unexpected(std::move(adapted).error()));
  if (auto* results = std::get_if<contracts::Image>(&*adapted)) return answer(std::move(*results));
  auto& flat = std::get<contracts::FlatCall>(*adapted);
  send(flat.interface, flat.function, std::move(flat.arguments));
}

void ImportCall::send(std::string_view interface, std::string_view function,
                      contracts::Image arguments) {
  ComponentShard& shard = parent_.shard();
  const contracts::Context& above = parent_.context();
  contracts::Invocation invocation{.context = {.request = above.request,
                                               .trace = above.trace.child(shard.thread_.random),
                                               .deadline = above.deadline,
                                               .hops = above.hops + 1,
                                               .chain = shard.frame(*slot_, above.chain)},
                                   .source = shard.component().id(),
                                   .link = "default",
                                   .contract = slot_->interface,
                                   .interface = interface,
                                   .function = function,
                                   .payload = std::move(arguments)};
  auto& payload = std::get<contracts::Image>(invocation.payload);
  if (!payload.is_whole() && !shard.imports_.takes_lent(invocation) && !payload.make_whole()) {
    return answer(gone());
  }
  auto pending = shard.imports_.invoke(std::move(invocation), *this);
  if (busy()) pending_ = std::move(pending);
}

void ImportCall::on_reply(contracts::Reply reply) noexcept {
  pending_.settled();
  if (!busy()) return;
  if (slot_->adapter == nullptr) return answer(std::move(reply.results));
  answer(slot_->adapter->reply(slot_->name, slot_->function, std::move(reply.results),
                               parent_.handles()));
}

void ImportCall::answer(Result<contracts::Image> results) {
  const auto* call = std::exchange(call_, nullptr);
  if (results) {
    eng_call_return(call, to_engine(*std::move(results)));
  } else {
    parent_.import_failed(call, std::move(results).error().context("calling " + slot_->interface +
                                                                   "." + slot_->function));
  }
}

void ImportCall::cancel() { pending_.cancel(); }

void ImportCall::forget() {
  if (const auto* call = std::exchange(call_, nullptr)) eng_call_trap(call, slice("cancelled"));
}

}  // namespace weft::engine
