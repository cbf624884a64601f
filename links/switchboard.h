// The switchboard: every call of a thread goes through it and is forwarded to what the link names.
// The one place for links, the hop limit, deadlines, policy, spans and recording.
#pragma once
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "contracts/invocation.h"
#include "contracts/observer.h"
#include "links/link_table.h"

namespace weft::links {

// Decides on a call that a link allows. Called on the thread of the call, must not block.
class Policy {
 public:
  // denied: the message tells the caller why.
  virtual Result<> allow(const contracts::Invocation& invocation, const Link& link) const = 0;

 protected:
  ~Policy() = default;
};

struct SwitchboardSettings {
  std::uint32_t hop_limit = 32;  // calls above a call; one more is taken for a cycle of links
  std::vector<const Policy*> policies;              // all must allow; each outlives the switchboard
  std::vector<contracts::SpanObserver*> observers;  // each outlives the switchboard
  contracts::Recorder* recorder = nullptr;          // null: nothing is recorded; outlives it, too
};

// What this thread can reach: Link::endpoint and its invoker here.
using Endpoints = std::unordered_map<std::string, contracts::Invoker*>;

// One per thread; made, used and destroyed there. Errors of a call: denied (no link, or a policy),
// unavailable (the target is not here), timed_out (its deadline has passed), exhausted (hop limit:
// shows the cycle).
class Switchboard final : public contracts::Invoker {
 public:
  Switchboard(SwitchboardSettings settings, const Clock& clock);
  ~Switchboard() override;

  // Calls that begin from now on see the new links; calls in flight stay with their targets.
  void swap(std::shared_ptr<const LinkTable> links, Endpoints endpoints);

  contracts::Pending invoke(contracts::Invocation invocation, contracts::Replier& replier) override;
  // Where nobody on the way looks at the arguments, what the target says.
  bool takes_lent(const contracts::Invocation& invocation) const override;

 private:
  struct Forward {
    const Link* link;
    contracts::Invoker* target;
  };
  // The code: of an HTTP call that is not forwarded, unless the error says it all.
  Result<Forward> route(const contracts::Invocation& invocation, contracts::HttpCode& code) const;

  const SwitchboardSettings settings_;
  const bool watched_;  // somebody observes or records
  const Clock& clock_;
  std::shared_ptr<const LinkTable> links_;
  Endpoints endpoints_;
};

}  // namespace weft::links
