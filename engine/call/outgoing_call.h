// A guest's HTTP request on its way through the thread's invoker: what import_call.h is for plain
// imports, with both bodies streaming.
#pragma once
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "base/alarm.h"
#include "contracts/invocation.h"
#include "engine/artifact.h"
#include "engine/guest_context.h"
#include "engine/wasmtime/engine.h"

namespace weft::engine {

class GuestCall;
struct Thread;

// One thread. Owns itself until the reply, the guest's cancel or the end of its guest's call; one
// whose response is complete outlives that, so that who answered may come to its own end.
class OutgoingCall final : public GuestRequest,
                           public contracts::HttpCaller,
                           public contracts::Replier {
 public:
  // Takes over `client` and sends the request off. Null: it is over already.
  static OutgoingCall* begin(GuestCall& parent, const ImportSlot& slot, const eng_client* client,
                             const eng_client_request& request);
  OutgoingCall(const OutgoingCall&) = delete;
  OutgoingCall& operator=(const OutgoingCall&) = delete;

  // The guest's call ends. First, while its task is there: cancels what is under way.
  void cancel();
  // Then, when it is gone.
  void let_go();

 private:
  OutgoingCall(GuestCall& parent, const eng_client* client);
  ~OutgoingCall();

  // GuestRequest
  void push(std::string_view chunk, contracts::Body state,
            std::span<const eng_header> trailers) override;
  void credit(std::size_t bytes) override;
  void on_cancelled() override;
  // contracts::HttpCaller, contracts::Replier
  void on_sent() override;
  void on_head(contracts::HttpCallee& callee, std::uint16_t status,
               std::span<const contracts::Header> headers) override;
  void on_body(std::string_view chunk) override;
  void on_end(std::span<const contracts::Header> trailers) override;
  void on_want(contracts::HttpCallee& callee, std::size_t limit) override;
  void on_reply(contracts::Reply reply) noexcept override;

  void send(const ImportSlot& slot, const eng_client_request& request);
  void fail(contracts::HttpCode code, std::string_view detail);
  // Time.
  void watch(const eng_client_request& request);
  void arm();
  void on_alarm();
  std::span<const eng_header> for_engine(std::span<const contracts::Header> headers);

  // Set at construction.
  GuestCall* parent_;  // null: its call has ended
  Thread& thread_;
  const eng_client* client_;  // null: freed
  // The call.
  contracts::Pending pending_;
  contracts::HttpCallee* callee_ = nullptr;
  bool starting_ = true, replied_ = false;
  bool sent_ = false, head_ = false, ended_ = false;  // the whole request; response
  // What the guest set.
  std::optional<Alarm> alarm_;
  std::chrono::nanoseconds first_byte_{}, between_bytes_{};  // 0: none
  MonotonicTime progress_{};
  std::size_t credit_ = 0;
  std::vector<eng_header> fields_;  // scratch
};

}  // namespace weft::engine
