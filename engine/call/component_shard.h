// A component on one thread: takes invocations, runs each in a fresh guest, answers.
#pragma once
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "contracts/provider.h"
#include "engine/call/guest_log.h"
#include "engine/component.h"
#include "engine/thread.h"

namespace weft::engine {

class GuestCall;

// An exported function, found once.
struct Function {
  std::string asked;  // the interface as callers name it
  std::string name;
  FuncHandle handle;
};

// Hears how a command ended.
class CommandEnd {
 public:
  // The exit code that the program asked for.
  virtual void on_exit(Result<std::uint32_t> code) noexcept = 0;

 protected:
  ~CommandEnd() = default;
};

// One thread. Errors of a call: not_found (no such function here), unavailable (too many calls
// wait), timed_out, exhausted (a limit, named with the manifest's line), trapped, invalid (the
// guest broke the contract of HTTP), those of a failed import, internal.
class ComponentShard final : public contracts::Endpoint {
 public:
  // `imports` takes the calls that guests make; it and `thread` outlive the shard. not_found,
  // denied: a folder that the guest is granted cannot be opened.
  static Result<std::unique_ptr<ComponentShard>> open(std::shared_ptr<const Component> component,
                                                      Thread& thread, contracts::Invoker& imports);
  // Calls in flight end as unavailable.
  ~ComponentShard() override;

  contracts::Pending invoke(contracts::Invocation invocation, contracts::Replier& replier) override;
  bool takes_lent(const contracts::Invocation& /*invocation*/) const override { return true; }
  // Runs the program of a command component (wasi:cli/run). The end is told before this returns, or
  // later.
  contracts::Pending run_command(contracts::Context context, CommandEnd& end);

  // Another configuration and other secrets, in two steps, so that all threads change or none:
  // prepare() can fail as open() can, adopt() cannot. Calls that begin after it find what was
  // prepared last; calls under way keep what they had.
  Result<> prepare(const Config& config, std::shared_ptr<const contracts::Secrets> secrets);
  void adopt();

  std::size_t in_flight() const override { return calls_.size() - free_.size(); }
  const Component& component() const { return *component_; }

 private:
  friend class GuestCall;
  friend class ImportCall;
  friend class OutgoingCall;
  using Frame = contracts::Frame;

  ComponentShard(std::shared_ptr<const Component> component, Thread& thread,
                 contracts::Invoker& imports);
  // What calls find that begin from now on; a call keeps what it found.
  struct Configured {
    std::shared_ptr<const Config> config;
    std::shared_ptr<const contracts::Secrets> secrets;
    SettingHandle setting;
  };
  Result<Configured> make_configured(const Config& config,
                                     std::shared_ptr<const contracts::Secrets> secrets);
  // What calls by a link find that tells them something: the component's, overridden by the link's.
  std::shared_ptr<const Config> config_of(const std::shared_ptr<const contracts::Settings>& link);
  Result<const Function*> find_function(std::string_view interface, std::string_view function);
  Result<FuncHandle> find_export_function(std::string_view interface,
                                          std::string_view function) const;
  GuestCall& take_call();
  void recycle(GuestCall& call);
  // The chain of calls that an import through this slot begins, shared by calls that have the same
  // callers.
  const std::shared_ptr<const Frame>& frame(const ImportSlot& slot,
                                            const std::shared_ptr<const Frame>& caller);

  // Where the next call is to start, by what the recent ones did.
  FirstRun first_run() const;
  void used_a_slice();
  void was_light();

  const std::shared_ptr<const Component> component_;
  Thread& thread_;
  contracts::Invoker& imports_;
  Counters& counters_;
  Configured configured_;
  std::optional<Configured> prepared_;
  // What was merged last, and from which.
  struct Merged {
    std::shared_ptr<const Config> own;
    std::shared_ptr<const contracts::Settings> link;
    std::shared_ptr<const Config> config;
  } merged_;
  Gate gate_;
  GuestLog log_;
  int heaviness_ = 0;
  std::vector<std::unique_ptr<const Function>> functions_;  // calls in flight point to them
  std::vector<std::shared_ptr<const Frame>> frames_;        // by slot: the newest
  std::vector<eng_header> engine_headers_;                  // scratch
  std::vector<contracts::Header> headers_;                  // scratch
  std::vector<std::unique_ptr<GuestCall>> calls_;
  std::vector<GuestCall*> free_;
};

}  // namespace weft::engine
