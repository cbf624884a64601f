// One call of one guest, from its admission to the end of its instance. Kept and used again by its
// shard.
#pragma once
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/alarm.h"
#include "base/turn.h"
#include "contracts/adapter.h"
#include "contracts/host_service.h"
#include "contracts/invocation.h"
#include "contracts/kept_request.h"
#include "engine/call/component_shard.h"
#include "engine/call/guest_output.h"
#include "engine/call/import_call.h"
#include "engine/call/outgoing_call.h"
#include "engine/gate.h"
#include "engine/guest_context.h"

namespace weft::engine {

// Owned by its shard, one thread. Life: begin_*, perhaps waiting at the gates, running, over, idle
// again.
class GuestCall final : public GuestContext,
                        public contracts::Guest,
                        public contracts::Call,
                        public contracts::HttpCallee,
                        private Waiter,
                        private AtTurnEnd {
 public:
  explicit GuestCall(ComponentShard& shard);
  GuestCall(const GuestCall&) = delete;
  GuestCall& operator=(const GuestCall&) = delete;
  ~GuestCall();

  // With what the link tells, unless that is null.
  using LinkSettings = std::shared_ptr<const contracts::Settings>;
  contracts::Pending begin_plain(contracts::Context context, LinkSettings settings,
                                 const Function& function, contracts::Image arguments,
                                 contracts::Replier& replier);
  contracts::Pending begin_http(contracts::Context context, LinkSettings settings,
                                const contracts::HttpCall& call, contracts::Replier& replier);
  contracts::Pending begin_command(contracts::Context context, CommandEnd& end);

  void cancel() noexcept override;
  // Ends the call whatever it does and tells whoever waits for it. Not inside a callback of the
  // same call.
  void stop(Error error);

  // An import of this guest failed: the guest ends with it.
  void import_failed(const eng_call* call, Error error);
  // An HTTP request of this guest is over.
  void forget(OutgoingCall& call) { std::erase(outgoing_, &call); }
  contracts::Handles& handles() override;
  const Config& config() override;
  void log(LogLevel level, std::string_view context, std::string_view message) override;
  const contracts::SecretView* find_secret(std::string_view name) override;
  ComponentShard& shard() { return shard_; }
  const contracts::Context& context() const { return context_; }

 private:
  enum class Stage { idle, waiting_at_component, waiting_at_pool, running };
  enum class Kind { plain, http, command };
  struct Due {
    MonotonicTime at = MonotonicTime::max();
    std::string_view limit;  // empty: the caller's deadline
  };
  // What a client is told whose request is more than the component takes.
  struct Refusal {
    std::uint16_t status = 0;  // 0: there is none
    std::string text;
  };

  // guest_call.cpp: admission, start, end.
  contracts::Pending begin(contracts::Context context);
  bool enter();
  bool enter_pool();
  bool refuse(const Gate& gate, Entry entry);
  void turn_away(std::string message);
  void on_admitted(Gate& gate) override;
  void start();
  Result<const eng_task*> start_task();
  void keep_request();
  void has_begun();
  void wait_for_place();
  void on_turn_end() override;
  void at_turn_end();
  void finish();
  void let_go_of_task();
  void let_go_of_requests();
  void leave_gates();
  void become_idle();
  void reply(Result<contracts::Image> results,
             contracts::HttpCode code = contracts::HttpCode::none);

  // guest_call_timers.cpp
  void arm();
  void on_alarm();
  Due due() const;
  MonotonicTime slowest_body() const;
  Error too_late(const Due& due) const;
  void progressed();

  // guest_call_http.cpp
  const eng_task* start_http();
  Result<> check_request(const contracts::HttpRequest& request);
  void answer_refusal(contracts::HttpCaller& caller);
  void push(std::string_view chunk, contracts::Body state,
            std::span<const contracts::Header> trailers) override;
  void credit(std::size_t bytes) override;
  std::span<const contracts::Header> headers_from_engine(const eng_header* headers,
                                                         std::size_t count);
  static eng_http_sink http_sink(GuestCall& call);

  // guest_call_end.cpp: what the engine says about the guest.
  static void on_returned(void* self, eng_image result);
  static void on_unused(void* self, eng_image arguments);
  static void on_done(void* self, const eng_report* report);
  static void on_exited(void* self, const eng_report* report, std::uint32_t code);
  void over(const eng_report* report);
  Error error_of(const eng_report& report);
  void log_report(const eng_report& report, const Error& error, std::string reason);

  void on_import(const ImportSlot& slot, const eng_call* call, contracts::Image arguments) override;
  GuestRequest* on_request(const ImportSlot& slot, const eng_client* client,
                           const eng_client_request& request) override;
  void on_drop(std::uint32_t handle) override;
  void on_output(std::uint32_t fd, std::string_view bytes) override;
  void log_line(std::uint32_t fd, std::string_view line);
  void end_output();

  // Set at construction.
  ComponentShard& shard_;
  Thread& thread_;
  // Of the call under way.
  Stage stage_ = Stage::idle;
  Kind kind_ = Kind::plain;
  bool starting_ = false;  // the first run is on the stack
  bool over_ = false;      // the engine has said its last word
  bool full_ = false;      // which was that it has no place; the guest left no trace
  bool begun_ = false;     // what it starts with is gone: it cannot start again
  bool at_turn_end_ = false;
  contracts::Context context_;
  contracts::Replier* replier_ = nullptr;
  CommandEnd* command_end_ = nullptr;
  const eng_task* task_ = nullptr;
  std::optional<Error> abort_;  // to end with at the end of the turn
  std::optional<Error> failed_import_;
  const Function* function_ = nullptr;  // plain
  contracts::Image arguments_;
  // HTTP.
  contracts::HttpCaller* caller_ = nullptr;
  const contracts::HttpRequest* request_ = nullptr;  // until the guest has begun
  std::unique_ptr<contracts::KeptRequest> kept_;     // while it waits or may have to
  const eng_exchange* exchange_ = nullptr;
  std::string refused_;  // the guest's error code
  std::uint64_t received_ = 0;
  bool head_ = false, ended_ = false, wants_ = false;
  Refusal refusal_;
  // Time.
  Alarm alarm_;               // set to when it is due, or to a moment that was that once
  MonotonicTime progress_{};  // the newest sign of life
  MonotonicTime::duration body_waited_{};  // for the request's body before the head, in all
  std::uint64_t generation_ = 0;
  // Imports and output; kept from call to call.
  std::vector<std::unique_ptr<ImportCall>> imports_;
  std::vector<OutgoingCall*> outgoing_;
  std::optional<contracts::Handles> handles_;
  LinkSettings settings_;
  // Once the guest has asked.
  std::shared_ptr<const Config> config_;
  std::shared_ptr<const contracts::Secrets> secrets_;
  std::unique_ptr<GuestOutput> output_;
  bool wrote_ = false;
};

}  // namespace weft::engine
