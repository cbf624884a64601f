// Components and providers that run: started on every thread or on none, replaced, drained,
// stopped.
#pragma once
#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/log.h"
#include "base/result.h"
#include "engine/component.h"
#include "engine/engine.h"
#include "host/core.h"
#include "host/manifest/providers.h"
#include "host/plan/plan.h"
#include "host/state_dir.h"

namespace weft::host {

// One start of one component, provider or endpoint of a provider. Two generations of the same thing
// run side by side while the older drains.
using Generation = std::uint64_t;

// What a component finds beyond what its manifest says; for `weft run`.
struct Extras {
  std::vector<std::string> arguments;
  std::vector<engine::GuestDir> dirs;
  engine::Stdio stdio = engine::Stdio::log;
};

struct DeploymentParts {
  Cores& cores;
  const engine::Engine& engine;
  const StateDir* state;  // null: no provider needs one
  const manifest::Providers& providers;
  const Clock& clock;
  Random& random;
  Log& log;
};

// Control thread only.
class Deployment {
 public:
  explicit Deployment(DeploymentParts parts) : parts_(parts) {}
  Deployment(const Deployment&) = delete;
  Deployment& operator=(const Deployment&) = delete;
  // Stops everything at once: calls in flight end as unavailable.
  ~Deployment();

  // On success it runs on every thread, reached by nobody until a link leads to it.
  Result<Generation> start(const plan::StartComponent& step,
                           std::shared_ptr<const engine::Artifact> artifact,
                           std::shared_ptr<const contracts::Secrets> secrets, const Extras& extras);
  // On success it is there; what calls it are its endpoints.
  Result<Generation> start(const plan::StartProvider& step);
  Result<Generation> start(const plan::OpenEndpoint& step, Generation provider);
  // On success it is there, and takes nothing before begin().
  Result<Generation> start(const plan::Subscribe& step, Generation provider);
  // Those of them that are subscriptions take events from now on. Their links are in force. Waits
  // until their products know, `patience` at most.
  void begin(const std::vector<Generation>& generations, std::chrono::milliseconds patience);
  // Another configuration and other secrets of a component that runs, in two steps: prepare() can
  // fail, and then nothing has changed; after adopt() calls that begin find it on every thread,
  // while calls under way keep what they had.
  Result<> prepare(Generation generation, const contracts::Settings& config,
                   std::shared_ptr<const contracts::Secrets> secrets);
  void adopt(const std::vector<Generation>& generations);
  // Limit errors of a component that runs name the lines of `step`.
  void move_origins(Generation generation, const plan::StartComponent& step);
  // Waits until the calls of these generations are over, `patience` at most; those of a provider
  // with its endpoints and subscriptions, which take nothing more.
  void drain(const std::vector<Generation>& generations, std::chrono::milliseconds patience);
  // Does so, then ends them. No link leads there.
  void stop(const std::vector<Generation>& generations, std::chrono::milliseconds patience);

  // From now on calls of every thread follow `links` to these generations; returns when all threads
  // have said so.
  void link(std::shared_ptr<const links::LinkTable> links,
            const std::map<std::string, Generation>& targets);
  const links::LinkTable& links() const { return *links_; }
  // The same links, to other generations.
  void relink(const std::map<std::string, Generation>& targets) { link(links_, targets); }

  // Null for providers and stopped ones.
  std::shared_ptr<const engine::Component> component(Generation generation) const;
  std::vector<std::shared_ptr<const engine::Component>> components() const;

 private:
  using OpenShard = std::function<Result<std::unique_ptr<contracts::Endpoint>>(Core&)>;
  struct Running {
    std::string id;
    std::shared_ptr<const engine::Component> component;  // of a component
    std::unique_ptr<contracts::Provider> provider;       // of a provider
    Generation opened_by = 0;  // of an endpoint or a subscription: the provider
  };
  Result<> on_every_core(Generation generation, const OpenShard& open);
  using Look = std::function<bool(const Core&, Generation)>;
  std::vector<Generation> with_opened(const std::vector<Generation>& generations) const;
  bool any(const std::vector<Generation>& generations, const Look& look);
  void wait_while(const std::vector<Generation>& generations, std::chrono::milliseconds patience,
                  const Look& look);
  void end(Generation generation);

  const DeploymentParts parts_;
  std::map<Generation, Running> running_;
  std::shared_ptr<const links::LinkTable> links_ = *links::LinkTable::make({});  // in force
  Generation last_ = 0;
};

}  // namespace weft::host
