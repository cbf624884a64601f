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
  // Another configuration and other secrets of a component that runs, in two steps: prepare() can
  // fail, and then nothing has changed; after adopt() calls that begin find it on every thread,
  // while calls under way keep what they had.
  Result<> prepare(Generation generation, const contracts::Settings& config,
                   std::shared_ptr<const contracts::Secrets> secrets);
  void adopt(const std::vector<Generation>& generations);
  // Limit errors of a component that runs name the lines of `step`.
  void move_origins(Generation generation, const plan::StartComponent& step);
  // Waits until the calls of these generations are over, `patience` at most, then ends them; those
  // of a provider with its endpoints. No link leads there.
  void stop(const std::vector<Generation>& generations, std::chrono::milliseconds patience);

  // From now on calls of every thread follow `links` to these generations; returns when all threads
  // have said so.
  void link(std::shared_ptr<const links::LinkTable> links,
            const std::map<std::string, Generation>& targets);
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
    Generation opened_by = 0;                            // of an endpoint
  };
  Result<> on_every_core(Generation generation, const OpenShard& open);
  std::vector<Generation> with_endpoints(const std::vector<Generation>& generations) const;
  bool busy(const std::vector<Generation>& generations);
  void drain(const std::vector<Generation>& generations, std::chrono::milliseconds patience);
  void end(Generation generation);

  const DeploymentParts parts_;
  std::map<Generation, Running> running_;
  std::shared_ptr<const links::LinkTable> links_ = *links::LinkTable::make({});  // in force
  Generation last_ = 0;
};

}  // namespace weft::host
