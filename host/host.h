// A host: threads, engine, and the applications that run on them. One manifest set is in force at a
// time; applying another changes what differs, or nothing when it cannot start.
#pragma once
#include <chrono>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/log.h"
#include "base/result.h"
#include "contracts/manifest.h"
#include "contracts/observer.h"
#include "engine/engine.h"
#include "host/core.h"
#include "host/deployment.h"
#include "host/http_front.h"
#include "host/images.h"
#include "host/manifest/findings.h"
#include "host/manifest/providers.h"
#include "host/plan/diff.h"
#include "host/secrets/component_secrets.h"
#include "host/secrets/disguise.h"
#include "host/state_dir.h"
#include "host/status.h"
#include "net/listen.h"

namespace weft::host {

struct HostSettings {
  unsigned threads = 0;         // that serve; 0: one per CPU
  std::filesystem::path state;  // folder; empty: none, then no provider may be started
  std::filesystem::path cache;  // folder of compiled components; empty: none
  HttpFrontSettings http;
  std::chrono::milliseconds drain{30'000};          // for calls in flight when something is stopped
  std::vector<const contracts::Adapter*> adapters;  // each outlives the host
  std::vector<contracts::SpanObserver*> observers;  // each outlives the host, any thread
};

struct HostServices {
  const Clock& clock;
  net::Network& network;
  Random& random;
  Log& log;
  const manifest::Providers& providers;  // outlives the host
};

struct ApplySummary {
  std::size_t unchanged = 0, added = 0, changed = 0, removed = 0;  // steps
};

struct Applied {
  manifest::Findings findings;          // about the manifests
  std::optional<ApplySummary> summary;  // there if and only if the set is in force now
  std::optional<Error>
      failure;  // what went wrong although no finding is an error: everything is as before
  std::vector<contracts::Manifest> manifests =
      {};  // in force now, with the values of their configs
};

// Control thread only: it may block, the serving threads may not.
class Host {
 public:
  // Errors: the state folder's, those of the admin address, exhausted when the machine has no
  // memory for guests.
  static Result<std::unique_ptr<Host>> open(HostSettings settings, HostServices services);
  ~Host();

  // The whole set that is to run from now on, with the named configs as they are in the store.
  // `extras` of components by id.
  Applied apply(std::span<const contracts::Manifest> manifests,
                const std::map<ComponentId, Extras>& extras = {});
  // The same set with an edit, as Applied::manifests has it: neither files of components are read
  // again, except of those in `anew`, nor secrets of components that go on, nor configs that have
  // values.
  Applied apply_edited(std::span<const contracts::Manifest> manifests,
                       const std::set<ComponentId>& anew);
  // No new connections; answers under way finish, for as long as the settings allow.
  void drain();

  // 0: no such component or provider runs.
  Generation generation(const ComponentId& id) const;
  engine::Engine& engine() { return *engine_; }
  Deployment& deployment() { return *deployment_; }
  HttpFront& http() { return *http_; }
  Cores& cores() { return *cores_; }

 private:
  struct Change;
  using ComponentSecrets = std::shared_ptr<const contracts::Secrets>;
  struct Running {
    plan::Step step;
    Generation generation;
    ComponentSecrets secrets = {};  // null: it has none
  };
  // Of secrets that a component has already.
  enum class Reread { no, yes };
  // What is applied besides manifests.
  struct Given {
    Images images;
    const std::map<ComponentId, Extras>& extras;
    Reread secrets;
  };
  Host(HostSettings settings, HostServices services, std::optional<StateDir> state,
       std::unique_ptr<engine::Engine> engine);

  Applied apply_given(std::span<const contracts::Manifest> manifests, manifest::Findings findings,
                      Given given);
  Result<> change(const plan::Plan& plan, const plan::Diff& diff, const Given& given);
  Result<> start(const plan::Step& step, const Given& given, Change& change);
  Result<> adjust(const plan::Step& step, Reread reread, Change& change);
  Result<ComponentSecrets> secrets_of(const plan::Step& step, Reread reread);
  void warn_of_loss(const plan::StartProvider& step, const std::string& key) const;
  bool must_close_first(const plan::StartProvider& step, const std::string& key) const;
  void close_predecessor(const std::string& key, Change& change);
  Generation start_again(const Running& closed);
  Result<bool> has_other_secrets(const plan::Step& step, Reread reread);
  Result<Generation> start_provider(const plan::StartProvider& step,
                                    const contracts::Secrets* secrets);
  Result<Generation> subscribe(const plan::Subscribe& step, Generation provider,
                               const contracts::Secrets* secrets);
  Result<Generation> open_endpoint(const plan::OpenEndpoint& step, Generation provider,
                                   const contracts::Secrets* secrets);
  void undo(Change& change);
  struct NewLinks;
  void commit(NewLinks links, Change& change);

  // Set at construction.
  const HostSettings settings_;
  const HostServices services_;
  const std::optional<StateDir> state_;
  const std::unique_ptr<engine::Engine> engine_;
  const std::unique_ptr<engine::Reporter> reporter_;
  const std::unique_ptr<Cores> cores_;
  const std::unique_ptr<Deployment> deployment_;
  const std::unique_ptr<HttpFront> http_;
  const std::unique_ptr<Status> status_;
  secrets::SecretsReader secrets_;
  const secrets::Disguise disguise_;
  // In force now.
  Images images_;
  std::vector<plan::Applied> applied_;
  // Components, providers and their endpoints, by the key of their step.
  std::map<std::string, Running> running_;
};

}  // namespace weft::host
