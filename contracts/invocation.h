// Everything is an invocation: the one shape of every call in Weft, and the one interface that
// takes it.
#pragma once
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

#include "base/result.h"
#include "contracts/context.h"
#include "contracts/http.h"
#include "contracts/image.h"

namespace weft::contracts {

// What a provider or an end of a link is told by the manifest.
using Settings = std::map<std::string, std::string>;

// A typed HTTP call: on one host it needs no image. Both references are valid as HttpCaller says.
struct HttpCall {
  const HttpRequest* request;  // during invoke() only
  HttpCaller* caller;          // until the reply or the cancel
};

struct Invocation {
  Context context;
  // Views, valid during invoke() only; whoever keeps the call copies them.
  std::string_view source;    // id of the component or provider that calls
  std::string_view link;      // link name, "default" unless the guest chose another
  std::string_view contract;  // what the link is for, as the caller imports it:
                              // "wasi:keyvalue/store@0.2.0-draft"
  std::string_view
      interface;  // what is called: the contract itself, or the flat one it was adapted to
  std::string_view function;  // "price"
  std::variant<Image, HttpCall> payload;
  // What the link tells its target, set by the switchboard; null: nothing. A provider of the host
  // has it from Provider::open().
  std::shared_ptr<const Settings> settings = nullptr;
};

// The end of a call: results (an empty image for HTTP), or why there are none.
struct Reply {
  Result<Image> results;
  // Of a failed HTTP call: the error code of wasi:http that says best why. `none`: what
  // http_code(Errc) makes of the error.
  HttpCode code = HttpCode::none;
  // Of a failed call: a guest had begun with it, so that it may have had effects.
  bool begun = false;
};

// Takes the reply of one call. The object belongs to the caller and outlives the call or cancels
// it.
class Replier {
 public:
  // Exactly once, on the thread that invoked, possibly before invoke() returns; never after cancel.
  virtual void on_reply(Reply reply) noexcept = 0;

 protected:
  ~Replier() = default;
};

// A call in flight, as the callee knows it. It owns itself: it goes away after its reply or its
// cancel.
class Call {
 public:
  // The caller is no longer interested: no reply will come. Not inside a callback of the same call.
  virtual void cancel() noexcept = 0;

 protected:
  ~Call() = default;
};

// The caller's hold on a call in flight: letting it go cancels. Empty when the reply has come
// already.
class [[nodiscard]] Pending {
 public:
  Pending() = default;
  explicit Pending(Call& call) : call_(&call) {}
  Pending(Pending&& other) noexcept : call_(std::exchange(other.call_, nullptr)) {}
  Pending& operator=(Pending&& other) noexcept {
    if (this != &other) {
      cancel();
      call_ = std::exchange(other.call_, nullptr);
    }
    return *this;
  }
  ~Pending() { cancel(); }

  // To be called first in Replier::on_reply: the call is over, there is nothing to cancel.
  void settled() noexcept { call_ = nullptr; }
  void cancel() noexcept {
    if (auto* call = std::exchange(call_, nullptr)) call->cancel();
  }
  explicit operator bool() const noexcept { return call_ != nullptr; }

 private:
  Call* call_ = nullptr;
};

// Takes an invocation, answers a reply. Objects of this kind belong to one thread.
class Invoker {
 public:
  virtual ~Invoker() = default;
  // Never blocks, never throws. If `replier` was called before this returns, the answer is an empty
  // Pending.
  virtual Pending invoke(Invocation invocation, Replier& replier) = 0;
  // Whether the arguments may be an image that is not whole. Asked for large ones, before invoke().
  virtual bool takes_lent(const Invocation& /*invocation*/) const { return false; }
};

}  // namespace weft::contracts
