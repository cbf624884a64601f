// A guest's call of an import, on its way through the thread's invoker.
#pragma once
#include "contracts/invocation.h"
#include "engine/artifact.h"
#include "engine/wasmtime/engine.h"

namespace weft::engine {

class GuestCall;

// Owned by its guest call, which ends it or drops it.
class ImportCall final : public contracts::Replier {
 public:
  explicit ImportCall(GuestCall& parent) : parent_(parent) {}
  ImportCall(const ImportCall&) = delete;
  ImportCall& operator=(const ImportCall&) = delete;

  bool busy() const { return call_ != nullptr; }
  // Sends the call off; answers `call` now or later.
  void begin(const ImportSlot& slot, const eng_call* call, contracts::Image arguments);
  // Nobody waits for the answer: cancels what is under way.
  void cancel();
  // Gives back the engine's call after its guest is gone.
  void forget();

 private:
  void on_reply(contracts::Reply reply) noexcept override;
  void send(std::string_view interface, std::string_view function, contracts::Image arguments);
  void answer(Result<contracts::Image> results);

  GuestCall& parent_;
  const ImportSlot* slot_ = nullptr;
  const eng_call* call_ = nullptr;  // null: idle
  contracts::Pending pending_;
};

}  // namespace weft::engine
