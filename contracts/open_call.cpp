#include "contracts/open_call.h"

namespace weft::contracts {

void OpenCall::cancel() noexcept {
  unlink();
  wanted_.store(false, std::memory_order_release);
}

void OpenCall::let_go(Error error) noexcept {
  Replier& replier = replier_;
  cancel();
  replier.on_reply({std::unexpected(std::move(error))});
}

void OpenCall::settle(Result<Image> results) noexcept {
  Replier& replier = replier_;
  const bool wanted = this->wanted();
  if (settled_ != nullptr) *settled_ = true;
  delete this;
  if (wanted) replier.on_reply({std::move(results)});
}

OpenCalls::~OpenCalls() {
  while (!open_.empty()) open_.front().let_go({Errc::unavailable, "the provider is being stopped"});
}

OpenCall* OpenCalls::open(Invocation invocation, Replier& replier) {
  if (!std::holds_alternative<Image>(invocation.payload)) {
    replier.on_reply({fail(Errc::invalid, "a provider takes no HTTP call")});
    return nullptr;
  }
  auto* call = new OpenCall(std::move(invocation), replier);
  open_.push_back(*call);
  return call;
}

}  // namespace weft::contracts
