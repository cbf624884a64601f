#include "host/deployment.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <boost/asio/io_context.hpp>
#include <utility>

#include "base/alarm.h"
#include "engine/call/component_shard.h"
#include "host/manifest/findings.h"

namespace weft::host {
namespace {

constexpr std::chrono::milliseconds k_look_again{10};

engine::LimitOrigins origins_of(const plan::StartComponent& step) {
  engine::LimitOrigins origins;
  for (const auto& origin : step.limit_origins)
    origins.emplace_back(std::string(origin.key), manifest::text(origin.at));
  return origins;
}

engine::ComponentSpec make_spec(const plan::StartComponent& step,
                                std::shared_ptr<const engine::Artifact> artifact,
                                std::shared_ptr<const contracts::Secrets> secrets,
                                const Extras& extras) {
  engine::ComponentSpec spec;
  spec.id = step.id;
  spec.artifact = std::move(artifact);
  spec.limits = step.limits;
  spec.origins = origins_of(step);
  spec.config = step.config;
  spec.secrets = std::move(secrets);
  spec.arguments =
      extras.arguments.empty() ? std::vector<std::string>{step.id.str()} : extras.arguments;
  spec.dirs = extras.dirs;
  spec.stdio = extras.stdio;
  return spec;
}

engine::ComponentShard& component_shard(Core& core, Generation generation) {
  return dynamic_cast<engine::ComponentShard&>(*core.shards.at(generation));
}

contracts::Subscription* subscription(const Core& core, Generation generation) {
  const auto found = core.subscriptions.find(generation);
  return found == core.subscriptions.end() ? nullptr : found->second.get();
}

bool is_busy(const Core& core, Generation generation) {
  const auto shard = core.shards.find(generation);
  if (shard != core.shards.end() && shard->second->in_flight() > 0) return true;
  const auto* one = subscription(core, generation);
  return one != nullptr && one->in_flight() > 0;
}

}  // namespace

Deployment::~Deployment() {
  while (!running_.empty()) end(running_.rbegin()->first);
}

// Of `generation`, which is in running_: there afterwards, or gone.
Result<> Deployment::on_every_core(Generation generation, const OpenShard& open) {
  auto opened = parts_.cores.try_everywhere([&](Core& core) -> Result<> {
    TRY(auto shard, open(core));
    core.shards.emplace(generation, std::move(shard));
    return {};
  });
  if (!opened) end(generation);
  return opened;
}

Result<Generation> Deployment::start(const plan::StartComponent& step,
                                     std::shared_ptr<const engine::Artifact> artifact,
                                     std::shared_ptr<const contracts::Secrets> secrets,
                                     const Extras& extras) {
  TRY(auto component,
      engine::Component::open(make_spec(step, std::move(artifact), std::move(secrets), extras),
                              parts_.engine));
  const Generation generation = ++last_;
  running_.emplace(generation, Running{step.id.str(), component, nullptr});
  TRY_OK(on_every_core(generation, [&](Core& core) {
           return engine::ComponentShard::open(component, core.thread, core.switchboard);
         }).context("starting " + step.id.str()));
  return generation;
}

Result<Generation> Deployment::start(const plan::StartProvider& step) {
  const auto* kind = parts_.providers.find(step.provider);
  if (kind == nullptr || !kind->start) {
    return fail(Errc::internal, fmt::format("starting {}: this program was built without {}",
                                            step.id.text(), step.provider));
  }
  if (parts_.state == nullptr) {
    return fail(Errc::internal,
                fmt::format("starting {}: there is no state folder", step.id.text()));
  }
  TRY(auto folder, parts_.state->provider(step.id));
  auto provider = kind->start(
      {step.id, std::move(folder), step.config, parts_.clock, parts_.random, parts_.log});
  if (!provider)
    return std::unexpected(std::move(provider).error().context("starting " + step.id.str()));
  const Generation generation = ++last_;
  running_.emplace(generation, Running{step.id.str(), nullptr, *std::move(provider)});
  return generation;
}

Result<Generation> Deployment::start(const plan::OpenEndpoint& step, Generation provider) {
  const auto of = running_.find(provider);
  if (of == running_.end() || !of->second.provider) {
    return fail(Errc::internal,
                fmt::format("linking to {}: it does not run", step.provider.text()));
  }
  auto& made = *of->second.provider;
  const Generation generation = ++last_;
  running_.emplace(generation, Running{step.provider.str(), nullptr, nullptr, provider});
  TRY_OK(on_every_core(generation, [&](Core& core) {
           return made.open(core.thread.loop.io().get_executor(), step.settings);
         }).context("linking to " + step.provider.str()));
  return generation;
}

Result<Generation> Deployment::start(const plan::Subscribe& step, Generation provider) {
  const auto of = running_.find(provider);
  if (of == running_.end() || !of->second.provider) {
    return fail(Errc::internal,
                fmt::format("subscribing at {}: it does not run", step.provider.text()));
  }
  auto& made = *of->second.provider;
  const Generation generation = ++last_;
  running_.emplace(generation, Running{step.provider.str(), nullptr, nullptr, provider});
  auto opened = parts_.cores.try_everywhere([&](Core& core) -> Result<> {
    const contracts::SourceLink link{.source = step.provider,
                                     .link = step.link,
                                     .contract = step.contract,
                                     .target = step.target,
                                     .settings = step.settings,
                                     .thread = core.index(),
                                     .threads = parts_.cores.count(),
                                     .calls = step.calls};
    TRY(auto subscription,
        made.subscribe(core.thread.loop.io().get_executor(), link, core.switchboard));
    core.subscriptions.emplace(generation, std::move(subscription));
    return {};
  });
  if (opened) return generation;
  end(generation);
  return std::unexpected(std::move(opened).error().context(
      fmt::format("subscribing {} at {}", step.target.text(), step.provider.text())));
}

void Deployment::move_origins(Generation generation, const plan::StartComponent& step) {
  running_.at(generation).component->move_origins(origins_of(step));
}

Result<> Deployment::prepare(Generation generation, const contracts::Settings& config,
                             std::shared_ptr<const contracts::Secrets> secrets) {
  return parts_.cores.try_everywhere(
      [&](Core& core) { return component_shard(core, generation).prepare(config, secrets); });
}

void Deployment::adopt(const std::vector<Generation>& generations) {
  if (generations.empty()) return;
  parts_.cores.everywhere([&](Core& core) {
    for (const auto generation : generations) component_shard(core, generation).adopt();
  });
}

std::vector<Generation> Deployment::with_opened(const std::vector<Generation>& generations) const {
  auto all = generations;
  for (const auto& [generation, running] : running_) {
    if (running.opened_by != 0 &&
        std::ranges::find(generations, running.opened_by) != generations.end())
      all.push_back(generation);
  }
  return all;
}

bool Deployment::any(const std::vector<Generation>& generations, const Look& look) {
  std::atomic<bool> found = false;
  parts_.cores.everywhere([&](Core& core) {
    for (const auto generation : generations) {
      if (look(core, generation)) found = true;
    }
  });
  return found;
}

void Deployment::wait_while(const std::vector<Generation>& generations,
                            std::chrono::milliseconds patience, const Look& look) {
  if (patience == patience.zero() || !any(generations, look)) return;
  boost::asio::io_context here{1};
  bool late = false;
  Alarm deadline(here.get_executor(), parts_.clock, [&late] { late = true; });
  deadline.set(parts_.clock.now() + patience);
  while (!late && any(generations, look)) here.run_one_for(k_look_again);
}

void Deployment::begin(const std::vector<Generation>& generations,
                       std::chrono::milliseconds patience) {
  // All before any of them delivers, which they do from their loops: what the handler of one sends
  // finds the others.
  parts_.cores.everywhere([&](Core& core) {
    for (const auto generation : generations) {
      if (auto* one = subscription(core, generation); one != nullptr) one->start();
    }
  });
  wait_while(generations, patience, [](const Core& core, Generation generation) {
    const auto* one = subscription(core, generation);
    return one != nullptr && !one->is_taking();
  });
}

void Deployment::drain(const std::vector<Generation>& generations,
                       std::chrono::milliseconds patience) {
  const auto all = with_opened(generations);
  parts_.cores.everywhere([&](Core& core) {
    for (const auto generation : all) {
      if (auto* one = subscription(core, generation); one != nullptr) one->stop();
    }
  });
  wait_while(all, patience, is_busy);
}

void Deployment::stop(const std::vector<Generation>& generations,
                      std::chrono::milliseconds patience) {
  drain(generations, patience);
  for (const auto generation : generations) end(generation);
}

void Deployment::end(Generation generation) {
  const auto running = running_.find(generation);
  if (running == running_.end()) return;
  if (running->second.provider) {
    const auto opened = with_opened({generation});
    parts_.cores.everywhere([&](Core& core) {
      for (const auto one : opened) core.subscriptions.erase(one);
    });
    running->second.provider->close();
    // What it posted comes before this on every thread: no call is left when its endpoints go away.
    parts_.cores.everywhere([](Core&) {});
    for (const auto one : opened) {
      if (one != generation) end(one);
    }
  }
  parts_.cores.everywhere([&](Core& core) {
    core.subscriptions.erase(generation);
    core.shards.erase(generation);
  });
  running_.erase(generation);
}

void Deployment::link(std::shared_ptr<const links::LinkTable> links,
                      const std::map<std::string, Generation>& targets) {
  links_ = links;
  parts_.cores.everywhere([&](Core& core) {
    links::Endpoints endpoints;
    for (const auto& [id, generation] : targets) {
      const auto shard = core.shards.find(generation);
      if (shard != core.shards.end()) endpoints.emplace(id, shard->second.get());
    }
    core.switchboard.swap(links, std::move(endpoints));
  });
}

std::shared_ptr<const engine::Component> Deployment::component(Generation generation) const {
  const auto found = running_.find(generation);
  return found == running_.end() ? nullptr : found->second.component;
}

std::vector<std::shared_ptr<const engine::Component>> Deployment::components() const {
  std::vector<std::shared_ptr<const engine::Component>> all;
  for (const auto& [generation, running] : running_) {
    if (running.component) all.push_back(running.component);
  }
  return all;
}

}  // namespace weft::host
