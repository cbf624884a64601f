// What the engine's callbacks find behind the `context` pointer of a guest's call: whose call it
// is.
#pragma once
#include <cstdint>
#include <string_view>

#include "contracts/image.h"
#include "engine/wasmtime/engine.h"

namespace weft::engine {

struct ImportSlot;

class GuestContext {
 public:
  // Called on the thread's own stack: answer `call` once, now or later.
  virtual void on_import(const ImportSlot& slot, const eng_call* call,
                         contracts::Image arguments) = 0;
  // The next two come on the guest's stack: no guest may be run or ended in them.
  virtual void on_drop(std::uint32_t handle) = 0;
  // Standard output is 1, standard error 2.
  virtual void on_output(std::uint32_t fd, std::string_view bytes) = 0;

  void* pointer() { return this; }
  static GuestContext& from(void* pointer) { return *static_cast<GuestContext*>(pointer); }

 protected:
  ~GuestContext() = default;
};

}  // namespace weft::engine
