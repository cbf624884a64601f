#include "host/deployment.h"

#include <fmt/format.h>

#include <atomic>
#include <boost/asio/io_context.hpp>
#include <utility>

#include "base/alarm.h"
#include "engine/component_shard.h"
#include "host/manifest/findings.h"

namespace weft::host {
namespace {

constexpr std::chrono::milliseconds k_look_again{10};

engine::ComponentSpec make_spec(const plan::StartComponent& step,
                                std::shared_ptr<const engine::Artifact> artifact,
                                const Extras& extras) {
  engine::ComponentSpec spec;
  spec.id = step.id;
  spec.artifact = std::move(artifact);
  spec.limits = step.limits;
  for (const auto& origin : step.limit_origins) {
    spec.origins.emplace_back(std::string(origin.key), manifest::text(origin.at));
  }
  spec.environment.assign(step.config.begin(), step.config.end());
  spec.arguments =
      extras.arguments.empty() ? std::vector<std::string>{step.id.str()} : extras.arguments;
  spec.dirs = extras.dirs;
  spec.stdio = extras.stdio;
  return spec;
}

}  // namespace

Deployment::~Deployment() {
  while (!running_.empty()) end(running_.rbegin()->first);
}

Result<Generation> Deployment::start(const plan::StartComponent& step,
                                     std::shared_ptr<const engine::Artifact> artifact,
                                     const Extras& extras) {
  TRY(auto component,
      engine::Component::open(make_spec(step, std::move(artifact), extras), parts_.engine));
  const Generation generation = ++last_;
  running_.emplace(generation, Running{step.id.str(), component, nullptr});
  auto opened = parts_.cores.try_everywhere([&](Core& core) -> Result<> {
    TRY(auto shard, engine::ComponentShard::open(component, core.thread, core.switchboard));
    core.shards.emplace(generation, std::move(shard));
    return {};
  });
  if (opened) return generation;
  end(generation);
  return std::unexpected(std::move(opened).error().context("starting " + step.id.str()));
}

Result<Generation> Deployment::start(const plan::StartProvider& step) {
  const auto factory = parts_.factories.find(step.provider);
  if (factory == parts_.factories.end()) {
    return fail(Errc::internal, fmt::format("starting {}: this program was built without {}",
                                            step.id.text(), step.provider));
  }
  if (parts_.state == nullptr) {
    return fail(Errc::internal,
                fmt::format("starting {}: there is no state folder", step.id.text()));
  }
  TRY(auto folder, parts_.state->provider(step.id));
  auto provider =
      factory->second({step.id, std::move(folder), step.config, parts_.clock, parts_.log});
  if (!provider)
    return std::unexpected(std::move(provider).error().context("starting " + step.id.str()));
  const Generation generation = ++last_;
  auto& made = running_.emplace(generation, Running{step.id.str(), nullptr, *std::move(provider)})
                   .first->second;
  auto opened = parts_.cores.try_everywhere([&](Core& core) -> Result<> {
    TRY(auto shard, made.provider->shard(core.thread.loop.io().get_executor()));
    core.shards.emplace(generation, std::move(shard));
    return {};
  });
  if (opened) return generation;
  end(generation);
  return std::unexpected(std::move(opened).error().context("starting " + step.id.str()));
}

bool Deployment::busy(const std::vector<Generation>& generations) {
  std::atomic<bool> found = false;
  parts_.cores.everywhere([&](Core& core) {
    for (const auto generation : generations) {
      const auto shard = core.shards.find(generation);
      if (shard == core.shards.end()) continue;
      const auto* component = dynamic_cast<const engine::ComponentShard*>(shard->second.get());
      if (component != nullptr && component->in_flight() > 0) found = true;
    }
  });
  return found;
}

void Deployment::drain(const std::vector<Generation>& generations,
                       std::chrono::milliseconds patience) {
  if (patience == patience.zero() || !busy(generations)) return;
  boost::asio::io_context here{1};
  bool late = false;
  Alarm deadline(here.get_executor(), parts_.clock, [&late] { late = true; });
  deadline.set(parts_.clock.now() + patience);
  while (!late && busy(generations)) here.run_one_for(k_look_again);
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
    running->second.provider->close();
    // What it posted comes before this on every thread: no call is left when the shards go away.
    parts_.cores.everywhere([](Core&) {});
  }
  parts_.cores.everywhere([&](Core& core) { core.shards.erase(generation); });
  running_.erase(running);
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
