// What the engine's callbacks find behind the `context` pointer of a guest's call: whose call it
// is.
#pragma once
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "contracts/http.h"
#include "contracts/image.h"
#include "engine/wasmtime/engine.h"

namespace weft::engine {

struct ImportSlot;

// An HTTP request that a guest has sent, as the engine tells of it (eng_client_sink).
class GuestRequest {
 public:
  // Answers one eng_client_want. With `ended` the trailers, if any.
  virtual void push(std::string_view chunk, contracts::Body state,
                    std::span<const eng_header> trailers) = 0;
  virtual void credit(std::size_t bytes) = 0;
  // The guest has no use for it any more. The last call.
  virtual void on_cancelled() = 0;

 protected:
  ~GuestRequest() = default;
};

class GuestContext {
 public:
  // Called on the thread's own stack: answer `call` once, now or later.
  virtual void on_import(const ImportSlot& slot, const eng_call* call,
                         contracts::Image arguments) = 0;
  // So is this: an HTTP request of the guest, as eng_client_sink.start tells it.
  // Null: it is over already.
  virtual GuestRequest* on_request(const ImportSlot& slot, const eng_client* client,
                                   const eng_client_request& request) = 0;
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
