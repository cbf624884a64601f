#include "host/host.h"

#include <algorithm>
#include <thread>
#include <utility>

#include "host/config_store.h"
#include "host/images.h"
#include "host/plan/plan.h"

namespace weft::host {
namespace {

constexpr const char* k_http_contract = "wasi:http/incoming-handler";

unsigned thread_count(unsigned wanted) {
  return wanted != 0 ? wanted : std::max(1U, std::thread::hardware_concurrency());
}

engine::EngineSettings engine_settings(const HostSettings& settings) {
  engine::EngineSettings made;
  made.threads = thread_count(settings.threads);
  made.cache = settings.cache;
  made.adapters = settings.adapters;
  return made;
}

CoreSettings core_settings(const HostSettings& settings) {
  CoreSettings made;
  // Looking for work before sleeping pays only for threads that have a CPU to themselves.
  if (thread_count(settings.threads) > std::max(1U, std::thread::hardware_concurrency())) {
    made.loop.spin = std::chrono::microseconds(0);
  }
  made.switchboard.observers = settings.observers;
  return made;
}

std::string provider_key(const ComponentId& provider) { return "provider " + provider.str(); }

bool runs(const plan::Step& step) {
  if (const auto* provider = std::get_if<plan::StartProvider>(&step.what))
    return provider->provider != manifest::k_http_server;
  return std::holds_alternative<plan::StartComponent>(step.what) ||
         std::holds_alternative<plan::OpenEndpoint>(step.what);
}

bool has_secrets(const plan::Step& step) {
  const auto* component = std::get_if<plan::StartComponent>(&step.what);
  return component != nullptr && !component->secrets.empty();
}

// Where links lead: the generation behind the name of each endpoint.
template <class Map>
std::map<std::string, Generation> targets(const Map& running) {
  std::map<std::string, Generation> found;
  for (const auto& [key, one] : running) {
    if (const auto* component = std::get_if<plan::StartComponent>(&one.step.what))
      found.emplace(component->id.str(), one.generation);
    if (const auto* endpoint = std::get_if<plan::OpenEndpoint>(&one.step.what))
      found.emplace(endpoint->name, one.generation);
  }
  return found;
}

bool is_among(const plan::Step& step, const std::vector<plan::Step>& steps) {
  return std::ranges::find(steps, step.key, &plan::Step::key) != steps.end();
}

// An endpoint, changed or not, ends with its provider: of one that was started it is opened again.
template <class Map>
bool begins_anew(const plan::Step& step, const Map& running,
                 const std::vector<Generation>& started) {
  const auto* endpoint = std::get_if<plan::OpenEndpoint>(&step.what);
  if (endpoint == nullptr) return false;
  const auto of = running.find(provider_key(endpoint->provider));
  return of != running.end() && std::ranges::find(started, of->second.generation) != started.end();
}

// Components stand before the routes to them.
std::vector<FrontRoute> routes_of(const plan::Plan& plan) {
  std::map<ComponentId, contracts::Limits> limits;
  std::vector<FrontRoute> routes;
  for (const auto& step : plan.steps) {
    if (const auto* component = std::get_if<plan::StartComponent>(&step.what))
      limits[component->id] = component->limits;
    if (const auto* route = std::get_if<plan::AddRoute>(&step.what))
      routes.push_back({*route, limits[route->target], step.at});
  }
  return routes;
}

Result<std::shared_ptr<const links::LinkTable>> link_table(const plan::Plan& plan) {
  std::vector<links::Link> links;
  for (const auto& step : plan.steps) {
    if (const auto* put = std::get_if<plan::PutLink>(&step.what)) {
      links.push_back(
          {put->source.str(), put->name.str(), put->interface, put->target.str(), put->endpoint});
    }
    if (const auto* route = std::get_if<plan::AddRoute>(&step.what)) {
      links.push_back(
          {route->provider.str(), route->link.str(), k_http_contract, route->target.str(), {}});
    }
  }
  return links::LinkTable::make(std::move(links));
}

}  // namespace

// What an apply has done so far, so that it can be undone, and what it retires when it succeeds.
struct Host::Change {
  std::map<std::string, Running> running;  // as it will be
  std::vector<Generation> started;
  std::vector<Generation> retired;
  // Providers that had to end before their successors could begin, each before its endpoints.
  std::vector<plan::Step> closed;
  std::vector<Generation> adjusted;  // go on with another configuration
};

Result<std::unique_ptr<Host>> Host::open(HostSettings settings, HostServices services) {
  std::optional<StateDir> state;
  if (!settings.state.empty()) {
    TRY(state, StateDir::open(settings.state));
  }
  TRY(auto engine, engine::Engine::open(engine_settings(settings), services.log));
  std::unique_ptr<Host> host(
      new Host(std::move(settings), services, std::move(state), std::move(engine)));
  TRY_OK(host->http_->serve_admin(*host->status_));
  return host;
}

Host::Host(HostSettings settings, HostServices services, std::optional<StateDir> state,
           std::unique_ptr<engine::Engine> engine)
    : settings_(std::move(settings)),
      services_(services),
      state_(std::move(state)),
      engine_(std::move(engine)),
      reporter_(std::make_unique<engine::Reporter>(services.log)),
      cores_(std::make_unique<Cores>(
          thread_count(settings_.threads), core_settings(settings_),
          CoreServices{*engine_, services.clock, services.random, services.log, *reporter_})),
      deployment_(std::make_unique<Deployment>(
          DeploymentParts{*cores_, *engine_, state_ ? &*state_ : nullptr, services.providers,
                          services.clock, services.random, services.log})),
      http_(std::make_unique<HttpFront>(
          settings_.http, HttpFrontParts{*cores_, services.network, services.clock, services.random,
                                         services.log})),
      status_(std::make_unique<Status>(*http_)),
      secrets_(settings_.state) {}

Host::~Host() { http_->close(); }

Generation Host::generation(const ComponentId& id) const {
  for (const auto& key : {"component " + id.str(), provider_key(id)}) {
    if (const auto found = running_.find(key); found != running_.end())
      return found->second.generation;
  }
  return 0;
}

Applied Host::apply(std::span<const contracts::Manifest> manifests,
                    const std::map<ComponentId, Extras>& extras) {
  manifest::Findings findings;
  auto images = load_images(*engine_, manifests, services_.log, findings);
  return apply_images(manifests, std::move(images), std::move(findings), extras);
}

Applied Host::apply_edited(std::span<const contracts::Manifest> manifests,
                           const std::set<ComponentId>& anew) {
  manifest::Findings findings;
  auto images = load_images(*engine_, manifests, services_.log, findings, images_, anew);
  return apply_images(manifests, std::move(images), std::move(findings), {});
}

Applied Host::apply_images(std::span<const contracts::Manifest> given, Images images,
                           manifest::Findings findings,
                           const std::map<ComponentId, Extras>& extras) {
  Applied outcome{.findings = std::move(findings), .summary = {}, .failure = {}};
  std::vector<contracts::Manifest> manifests(given.begin(), given.end());
  fill_configs(manifests, settings_.state, outcome.findings);
  const plan::Input input{
      .manifests = manifests, .components = images.types, .providers = services_.providers};
  auto planned = plan::make_plan(input);
  outcome.findings.append(std::move(planned.findings));
  outcome.findings.sort();
  if (!planned.plan || !outcome.findings.ok()) return outcome;
  const auto diff = plan::diff(applied_, *planned.plan);
  if (auto changed = change(*planned.plan, diff, images, extras); !changed) {
    outcome.failure = std::move(changed).error();
    return outcome;
  }
  applied_ = plan::applied(*planned.plan);
  images_ = std::move(images);
  outcome.summary = ApplySummary{diff.unchanged.size(), diff.added.size(),
                                 diff.changed.size() + diff.adjusted.size(), diff.removed.size()};
  return outcome;
}

Result<> Host::change(const plan::Plan& plan, const plan::Diff& diff, const Images& images,
                      const std::map<ComponentId, Extras>& extras) {
  TRY(auto links, link_table(plan));
  Change change{running_, {}, {}, {}, {}};
  const auto all = [&]() -> Result<> {
    // In the order of the plan: an endpoint that is new belongs to the provider as it is now.
    for (const auto& step : plan.steps) {
      if (is_among(step, diff.added) || is_among(step, diff.changed) ||
          begins_anew(step, change.running, change.started))
        TRY_OK(start(step, images, extras, change));
    }
    for (const auto& step : diff.adjusted) TRY_OK(adjust(step, change));
    // A secret may have changed where it is kept.
    for (const auto& step : plan.steps) {
      if (has_secrets(step) && std::ranges::find(diff.unchanged, step.key) != diff.unchanged.end())
        TRY_OK(adjust(step, change));
    }
    return http_->open(routes_of(plan));
  };
  auto done = all();
  secrets_.forget();
  if (!done) {
    undo(change);
    return done;
  }
  for (const auto& key : diff.removed) {
    const auto gone = change.running.find(key);
    if (gone == change.running.end()) continue;
    change.retired.push_back(gone->second.generation);
    change.running.erase(gone);
  }
  // What goes on unchanged may stand in other lines.
  for (const auto& step : plan.steps) {
    if (const auto going_on = change.running.find(step.key); going_on != change.running.end())
      going_on->second.step = step;
  }
  commit(std::move(links), change);
  return {};
}

Result<> Host::start(const plan::Step& step, const Images& images,
                     const std::map<ComponentId, Extras>& extras, Change& change) {
  if (!runs(step)) return {};
  Generation generation = 0;
  if (const auto* provider = std::get_if<plan::StartProvider>(&step.what)) {
    if (must_close_first(*provider, step.key)) close_predecessor(step.key, change);
    TRY(generation, deployment_->start(*provider));
  } else if (const auto* endpoint = std::get_if<plan::OpenEndpoint>(&step.what)) {
    const auto& of = change.running.at(provider_key(endpoint->provider));
    TRY(generation, deployment_->start(*endpoint, of.generation));
  } else {
    const auto& component = std::get<plan::StartComponent>(step.what);
    const auto extra = extras.find(component.id);
    TRY(auto secrets, secrets_.read(component.secrets));
    TRY(generation,
        deployment_->start(component, images.artifacts.at(component.id), std::move(secrets),
                           extra == extras.end() ? Extras{} : extra->second));
  }
  if (const auto before = change.running.find(step.key); before != change.running.end())
    change.retired.push_back(before->second.generation);
  change.started.push_back(generation);
  change.running.insert_or_assign(step.key, Running{step, generation});
  return {};
}

Result<> Host::adjust(const plan::Step& step, Change& change) {
  const auto& component = std::get<plan::StartComponent>(step.what);
  auto& running = change.running.at(step.key);
  TRY(auto secrets, secrets_.read(component.secrets));
  TRY_OK(deployment_->prepare(running.generation, component.config, std::move(secrets)));
  running.step = step;
  change.adjusted.push_back(running.generation);
  return {};
}

bool Host::must_close_first(const plan::StartProvider& step, const std::string& key) const {
  const auto before = running_.find(key);
  if (before == running_.end()) return false;
  const auto& old = std::get<plan::StartProvider>(before->second.step.what);
  const auto* kind = services_.providers.find(step.provider);
  return kind != nullptr && kind->succession == contracts::Succession::after_close &&
         old.provider == step.provider;
}

// A provider that holds its files: the successor can only open them once it is gone. Calls in
// between are unavailable.
void Host::close_predecessor(const std::string& key, Change& change) {
  const auto before = running_.at(key);
  const auto& id = std::get<plan::StartProvider>(before.step.what).id;
  change.closed.push_back(before.step);
  for (const auto& [name, one] : running_) {
    const auto* endpoint = std::get_if<plan::OpenEndpoint>(&one.step.what);
    if (endpoint != nullptr && endpoint->provider == id) change.closed.push_back(one.step);
  }
  for (const auto& step : change.closed) {
    change.running.erase(step.key);
    running_.erase(step.key);
  }
  deployment_->relink(targets(running_));
  deployment_->stop({before.generation}, settings_.drain);
}

// 0 after an error, which the log tells.
Generation Host::start_again(const plan::Step& step) {
  Result<Generation> again = 0;
  if (const auto* provider = std::get_if<plan::StartProvider>(&step.what)) {
    again = deployment_->start(*provider);
  } else {
    const auto& endpoint = std::get<plan::OpenEndpoint>(step.what);
    const auto of = running_.find(provider_key(endpoint.provider));
    if (of == running_.end()) return 0;  // told already
    again = deployment_->start(endpoint, of->second.generation);
  }
  if (again) return *again;
  services_.log.error(
      "a provider could not be started again after a failed change; apply again to try once more",
      {{"step", step.key}, {"error", again.error().message}});
  return 0;
}

void Host::undo(Change& change) {
  std::ranges::reverse(change.started);
  deployment_->stop(change.started, std::chrono::milliseconds(0));
  for (const auto& step : change.closed) {
    if (const auto again = start_again(step); again != 0) {
      running_.insert_or_assign(step.key, Running{step, again});
    } else {
      std::erase_if(applied_,
                    [&step](const plan::Applied& applied) { return applied.key == step.key; });
    }
  }
  if (!change.closed.empty()) deployment_->relink(targets(running_));
}

void Host::commit(std::shared_ptr<const links::LinkTable> links, Change& change) {
  running_ = std::move(change.running);
  deployment_->adopt(change.adjusted);
  for (const auto& [key, one] : running_) {
    const auto* component = std::get_if<plan::StartComponent>(&one.step.what);
    if (component != nullptr) deployment_->move_origins(one.generation, *component);
  }
  deployment_->link(std::move(links), targets(running_));
  http_->route(settings_.drain);
  status_->set(deployment_->components());
  status_->set(Status::Phase::serving);
  deployment_->stop(change.retired, settings_.drain);
  status_->set(deployment_->components());
}

void Host::drain() {
  status_->set(Status::Phase::draining);
  http_->drain(settings_.drain);
}

}  // namespace weft::host
