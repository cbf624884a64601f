#include "host/host.h"

#include <algorithm>
#include <thread>
#include <utility>

#include "host/config_store.h"
#include "host/images.h"
#include "host/plan/plan.h"
#include "host/step_secrets.h"

namespace weft::host {
namespace {

constexpr const char* k_http_contract = "wasi:http/incoming-handler";
constexpr std::chrono::milliseconds k_no_wait{0};
// For a product to confirm a subscription that takes another's place.
constexpr std::chrono::milliseconds k_wait_for_brokers{2'000};

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
         std::holds_alternative<plan::OpenEndpoint>(step.what) ||
         std::holds_alternative<plan::Subscribe>(step.what);
}

// Of what a provider opens: which one. Null for other steps.
const ComponentId* opener(const plan::Step& step) {
  if (const auto* one = std::get_if<plan::OpenEndpoint>(&step.what)) return &one->provider;
  if (const auto* one = std::get_if<plan::Subscribe>(&step.what)) return &one->provider;
  return nullptr;
}

// Of a component, to which they go as secrets, also while it runs.
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

// What a provider opens, changed or not, ends with it: of one that was started it is opened again.
template <class Map>
bool begins_anew(const plan::Step& step, const Map& running,
                 const std::vector<Generation>& started) {
  const auto* provider = opener(step);
  if (provider == nullptr) return false;
  const auto of = running.find(provider_key(*provider));
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

std::shared_ptr<const contracts::Settings> shared(const contracts::Settings& settings) {
  return settings.empty() ? nullptr : std::make_shared<const contracts::Settings>(settings);
}

Result<std::shared_ptr<const links::LinkTable>> link_table(const plan::Plan& plan) {
  std::vector<links::Link> links;
  for (const auto& step : plan.steps) {
    if (const auto* put = std::get_if<plan::PutLink>(&step.what)) {
      links.push_back({put->source.str(), put->name.str(), put->interface, put->target.str(),
                       put->endpoint, shared(put->target_config)});
    }
    if (const auto* route = std::get_if<plan::AddRoute>(&step.what)) {
      links.push_back({route->provider.str(),
                       route->link.str(),
                       k_http_contract,
                       route->target.str(),
                       {},
                       shared(route->target_config)});
    }
    if (const auto* one = std::get_if<plan::Subscribe>(&step.what)) {
      links.push_back({one->provider.str(),
                       one->link.str(),
                       std::string(links::without_version(one->contract)),
                       one->target.str(),
                       {}});
    }
  }
  return links::LinkTable::make(std::move(links));
}

// While calls of components that `plan` has no more come to their end: `next`, and the links of
// `now` that those calls go on by.
template <class Map>
Result<std::shared_ptr<const links::LinkTable>> meanwhile_table(const links::LinkTable& now,
                                                                const links::LinkTable& next,
                                                                const Map& running,
                                                                const plan::Plan& plan) {
  auto all = next.links();
  std::ranges::copy_if(now.links(), std::back_inserter(all), [&](const links::Link& link) {
    const auto key = "component " + link.source;
    return running.contains(key) &&
           std::ranges::find(plan.steps, key, &plan::Step::key) == plan.steps.end();
  });
  return links::LinkTable::make(std::move(all));
}

}  // namespace

// What is in force until the calls of what is retired are over, and then.
struct Host::NewLinks {
  std::shared_ptr<const links::LinkTable> meanwhile, then;
};

// What an apply has done so far, so that it can be undone, and what it retires when it succeeds.
struct Host::Change {
  std::map<std::string, Running> running;  // as it will be
  std::vector<Generation> started;
  std::vector<Generation> retired;
  // Providers that had to end before their successors could begin, each before its endpoints.
  std::vector<Running> closed;
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
      secrets_(settings_.state),
      disguise_(services.random) {}

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
  return apply_given(manifests, std::move(findings), {std::move(images), extras, Reread::yes});
}

Applied Host::apply_edited(std::span<const contracts::Manifest> manifests,
                           const std::set<ComponentId>& anew) {
  manifest::Findings findings;
  auto images = load_images(*engine_, manifests, services_.log, findings, images_, anew);
  const std::map<ComponentId, Extras> none;
  return apply_given(manifests, std::move(findings), {std::move(images), none, Reread::no});
}

Applied Host::apply_given(std::span<const contracts::Manifest> wanted, manifest::Findings findings,
                          Given given) {
  Applied outcome{.findings = std::move(findings), .summary = {}, .failure = {}, .manifests = {}};
  std::vector<contracts::Manifest> manifests(wanted.begin(), wanted.end());
  fill_configs(manifests, settings_.state, outcome.findings);
  const plan::Input input{.manifests = manifests,
                          .components = given.images.types,
                          .providers = services_.providers,
                          .disguise = std::ref(disguise_)};
  auto planned = plan::make_plan(input);
  outcome.findings.append(std::move(planned.findings));
  outcome.findings.sort();
  if (!planned.plan || !outcome.findings.ok()) return outcome;
  const auto diff = plan::diff(applied_, *planned.plan);
  if (auto changed = change(*planned.plan, diff, given); !changed) {
    outcome.failure = std::move(changed).error();
    return outcome;
  }
  applied_ = plan::applied(*planned.plan);
  images_ = std::move(given.images);
  outcome.manifests = std::move(manifests);
  outcome.summary = ApplySummary{diff.unchanged.size(), diff.added.size(),
                                 diff.changed.size() + diff.adjusted.size(), diff.removed.size()};
  return outcome;
}

Result<> Host::change(const plan::Plan& plan, const plan::Diff& diff, const Given& given) {
  NewLinks links;
  TRY(links.then, link_table(plan));
  TRY(links.meanwhile, meanwhile_table(deployment_->links(), *links.then, running_, plan));
  Change change{running_, {}, {}, {}, {}};
  const auto all = [&]() -> Result<> {
    // In the order of the plan: an endpoint that is new belongs to the provider as it is now.
    for (const auto& step : plan.steps) {
      if (is_among(step, diff.added) || is_among(step, diff.changed) ||
          begins_anew(step, change.running, change.started)) {
        TRY_OK(start(step, given, change));
        continue;
      }
      TRY(const auto other, has_other_secrets(step, given.secrets));
      if (other) TRY_OK(start(step, given, change));
    }
    for (const auto& step : diff.adjusted) TRY_OK(adjust(step, given.secrets, change));
    // A secret may have changed where it is kept.
    for (const auto& step : plan.steps) {
      if (given.secrets == Reread::yes && has_secrets(step) &&
          std::ranges::find(diff.unchanged, step.key) != diff.unchanged.end())
        TRY_OK(adjust(step, Reread::yes, change));
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

// Those it has, where it has them already and they are not to be read again.
Result<Host::ComponentSecrets> Host::secrets_of(const plan::Step& step, Reread reread) {
  const auto wanted = uses_of(step);
  const auto before = running_.find(step.key);
  if (reread == Reread::no && before != running_.end() &&
      same_uses(uses_of(before->second.step), wanted))
    return before->second.secrets;
  return secrets_.read(wanted);
}

// Whether a provider or an endpoint, which takes its settings when it starts, must start anew.
Result<bool> Host::has_other_secrets(const plan::Step& step, Reread reread) {
  const auto before = running_.find(step.key);
  if (reread == Reread::no || before == running_.end() || before->second.secrets == nullptr ||
      has_secrets(step))
    return false;
  TRY(const auto now, secrets_of(step, reread));
  return now == nullptr || !same_values(uses_of(step), *before->second.secrets, *now);
}

Result<Generation> Host::start_provider(const plan::StartProvider& step,
                                        const contracts::Secrets* secrets) {
  auto whole = step;
  whole.config = with_secrets(step.config, step.secrets, secrets);
  return hide_secrets(deployment_->start(whole), step.secrets, secrets);
}

Result<Generation> Host::open_endpoint(const plan::OpenEndpoint& step, Generation provider,
                                       const contracts::Secrets* secrets) {
  auto whole = step;
  whole.settings = with_secrets(step.settings, step.secrets, secrets);
  return hide_secrets(deployment_->start(whole, provider), step.secrets, secrets);
}

Result<Generation> Host::subscribe(const plan::Subscribe& step, Generation provider,
                                   const contracts::Secrets* secrets) {
  auto whole = step;
  whole.settings = with_secrets(step.settings, step.secrets, secrets);
  return hide_secrets(deployment_->start(whole, provider), step.secrets, secrets);
}

Result<> Host::start(const plan::Step& step, const Given& given, Change& change) {
  if (!runs(step)) return {};
  Generation generation = 0;
  TRY(auto secrets, secrets_of(step, given.secrets));
  if (const auto* provider = std::get_if<plan::StartProvider>(&step.what)) {
    warn_of_loss(*provider, step.key);
    if (must_close_first(*provider, step.key)) close_predecessor(step.key, change);
    TRY(generation, start_provider(*provider, secrets.get()));
  } else if (const auto* endpoint = std::get_if<plan::OpenEndpoint>(&step.what)) {
    const auto& of = change.running.at(provider_key(endpoint->provider));
    TRY(generation, open_endpoint(*endpoint, of.generation, secrets.get()));
  } else if (const auto* one = std::get_if<plan::Subscribe>(&step.what)) {
    const auto& of = change.running.at(provider_key(one->provider));
    TRY(generation, subscribe(*one, of.generation, secrets.get()));
  } else {
    const auto& component = std::get<plan::StartComponent>(step.what);
    const auto extra = given.extras.find(component.id);
    TRY(generation, deployment_->start(component, given.images.artifacts.at(component.id), secrets,
                                       extra == given.extras.end() ? Extras{} : extra->second));
  }
  if (const auto before = change.running.find(step.key); before != change.running.end())
    change.retired.push_back(before->second.generation);
  change.started.push_back(generation);
  change.running.insert_or_assign(step.key, Running{step, generation, std::move(secrets)});
  return {};
}

Result<> Host::adjust(const plan::Step& step, Reread reread, Change& change) {
  const auto& component = std::get<plan::StartComponent>(step.what);
  auto& running = change.running.at(step.key);
  TRY(auto secrets, secrets_of(step, reread));
  TRY_OK(deployment_->prepare(running.generation, component.config, secrets));
  running.step = step;
  running.secrets = std::move(secrets);
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

void Host::warn_of_loss(const plan::StartProvider& step, const std::string& key) const {
  const auto* kind = services_.providers.find(step.provider);
  if (kind == nullptr || kind->info.keeps == contracts::Keeps::beyond_it || !running_.contains(key))
    return;
  services_.log.warn(
      "a provider starts anew, and what it holds in memory is lost with its predecessor",
      {{"provider", step.id.text()}, {"kind", step.provider}});
}

// A provider that holds its files: the successor can only open them once it is gone. Calls in
// between are unavailable.
void Host::close_predecessor(const std::string& key, Change& change) {
  const auto before = running_.at(key);
  const auto& id = std::get<plan::StartProvider>(before.step.what).id;
  const auto first = change.closed.size();
  change.closed.push_back(before);
  for (const auto& [name, one] : running_) {
    const auto* provider = opener(one.step);
    if (provider != nullptr && *provider == id) change.closed.push_back(one);
  }
  // Those of an earlier one in this change run again by now.
  for (const auto& one : std::span(change.closed).subspan(first)) {
    change.running.erase(one.step.key);
    running_.erase(one.step.key);
  }
  deployment_->relink(targets(running_));
  deployment_->stop({before.generation}, settings_.drain);
}

// 0 after an error, which the log tells.
Generation Host::start_again(const Running& closed) {
  const auto& step = closed.step;
  Result<Generation> again = 0;
  if (const auto* provider = std::get_if<plan::StartProvider>(&step.what)) {
    again = start_provider(*provider, closed.secrets.get());
  } else {
    const auto of = running_.find(provider_key(*opener(step)));
    if (of == running_.end()) return 0;  // told already
    const auto* endpoint = std::get_if<plan::OpenEndpoint>(&step.what);
    again = endpoint != nullptr
                ? open_endpoint(*endpoint, of->second.generation, closed.secrets.get())
                : subscribe(std::get<plan::Subscribe>(step.what), of->second.generation,
                            closed.secrets.get());
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
  std::vector<Generation> again_there;
  for (const auto& one : change.closed) {
    const auto& key = one.step.key;
    if (const auto again = start_again(one); again != 0) {
      again_there.push_back(again);
      running_.insert_or_assign(key, Running{one.step, again, one.secrets});
    } else {
      std::erase_if(applied_, [&key](const plan::Applied& applied) { return applied.key == key; });
    }
  }
  if (change.closed.empty()) return;
  deployment_->relink(targets(running_));
  deployment_->begin(again_there, std::chrono::milliseconds(0));
}

void Host::commit(NewLinks links, Change& change) {
  auto to = targets(change.running);
  to.merge(targets(running_));
  running_ = std::move(change.running);
  deployment_->adopt(change.adjusted);
  for (const auto& [key, one] : running_) {
    const auto* component = std::get_if<plan::StartComponent>(&one.step.what);
    if (component != nullptr) deployment_->move_origins(one.generation, *component);
  }
  deployment_->link(std::move(links.meanwhile), to);
  // Where others go on taking until they are there, nothing is missed in between.
  deployment_->begin(change.started, change.retired.empty() ? k_no_wait : k_wait_for_brokers);
  http_->route(settings_.drain);
  status_->set(deployment_->components());
  status_->set(Status::Phase::serving);
  deployment_->drain(change.retired, settings_.drain);
  deployment_->link(std::move(links.then), targets(running_));
  deployment_->stop(change.retired, std::chrono::milliseconds(0));
  status_->set(deployment_->components());
}

void Host::drain() {
  status_->set(Status::Phase::draining);
  http_->drain(settings_.drain);
  // Requests may have waited for answers to messages: subscriptions end after them.
  std::vector<Generation> subscriptions;
  for (const auto& [key, one] : running_) {
    if (std::holds_alternative<plan::Subscribe>(one.step.what))
      subscriptions.push_back(one.generation);
  }
  deployment_->stop(subscriptions, settings_.drain);
}

}  // namespace weft::host
