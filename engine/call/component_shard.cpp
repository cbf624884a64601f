#include "engine/call/component_shard.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <utility>

#include "engine/call/guest_call.h"
#include "engine/component_type.h"
#include "engine/world.h"

namespace weft::engine {
namespace {

// What a call that used up a slice weighs against calls that did not.
constexpr int k_slice_weight = 8;
constexpr int k_heaviest = 64;

// The thread's part of what the process may do at once; no thread goes without.
std::size_t part(std::uint64_t whole, std::uint32_t threads, std::size_t unlimited) {
  if (whole == 0) return unlimited;
  return std::max<std::size_t>(1, whole / std::max(1u, threads));
}

GateSettings gate_settings(const Component& component, const Engine& engine) {
  const auto& limits = component.spec().limits;
  const auto threads = engine.settings().threads;
  return {.places = part(limits.calls, threads, engine.guests_per_thread()),
          .waiting = part(limits.waiting, threads, std::numeric_limits<std::size_t>::max())};
}

std::uint64_t lines_part(const Component& component, const Engine& engine) {
  return part(component.spec().limits.log_lines, engine.settings().threads, 0);
}

}  // namespace

ComponentShard::ComponentShard(std::shared_ptr<const Component> component, Thread& thread,
                               contracts::Invoker& imports)
    : component_(std::move(component)),
      thread_(thread),
      imports_(imports),
      counters_(component_->new_counters()),
      gate_(thread.loop.io(), gate_settings(*component_, thread.engine)),
      log_({.executor = thread.loop.io().get_executor(),
            .clock = thread.clock,
            .log = thread.log,
            .component = *component_,
            .counters = counters_,
            .lines_per_second = lines_part(*component_, thread.engine)}),
      frames_(component_->linked().slots.size()) {}

ComponentShard::~ComponentShard() {
  for (const auto& call : calls_) {
    call->stop(Error{Errc::unavailable, fmt::format("{} is being stopped", component_->id())});
  }
}

Result<std::unique_ptr<ComponentShard>> ComponentShard::open(
    std::shared_ptr<const Component> component, Thread& thread, contracts::Invoker& imports) {
  std::unique_ptr<ComponentShard> shard(new ComponentShard(std::move(component), thread, imports));
  const auto& spec = shard->component_->spec();
  TRY_OK(shard->prepare(spec.config, spec.secrets));
  shard->adopt();
  return shard;
}

Result<> ComponentShard::prepare(const Config& config,
                                 std::shared_ptr<const contracts::Secrets> secrets) {
  TRY(prepared_, make_configured(config, std::move(secrets)).context(component_->id()));
  return {};
}

void ComponentShard::adopt() {
  if (!prepared_) return;
  configured_ = *std::move(prepared_);
  prepared_.reset();
}

Result<ComponentShard::Configured> ComponentShard::make_configured(
    const Config& config, std::shared_ptr<const contracts::Secrets> secrets) {
  const auto& spec = component_->spec();
  std::vector<eng_pair> environment;
  environment.reserve(config.size());
  for (const auto& [name, value] : config) environment.push_back({slice(name), slice(value)});
  std::vector<eng_slice> arguments;
  arguments.reserve(spec.arguments.size());
  for (const auto& argument : spec.arguments) arguments.push_back(slice(argument));
  std::vector<eng_dir> dirs;
  dirs.reserve(spec.dirs.size());
  for (const auto& dir : spec.dirs) {
    dirs.push_back({slice(dir.host), slice(dir.guest), dir.access == Access::read_write});
  }
  const bool terminal = spec.stdio == Stdio::terminal;
  eng_setting_options options{};
  options.env = environment.data();
  options.env_count = environment.size();
  options.args = arguments.data();
  options.arg_count = arguments.size();
  options.dirs = dirs.data();
  options.dir_count = dirs.size();
  options.stdin_inherit = terminal;
  for (int fd = 0; fd < 3; ++fd) options.terminal[fd] = terminal && ::isatty(fd) == 1;
  auto world = std::make_shared<World>(thread_.loop.io(), thread_.clock, thread_.secure);
  options.world = world->callbacks();
  Text failure;
  SettingHandle setting(eng_setting_new(&options, Text::take, &failure));
  if (setting)
    return Configured{std::make_shared<const Config>(config), std::move(secrets),
                      std::move(setting)};
  world->abandon();
  return std::move(failure).as(Errc::not_found);
}

std::shared_ptr<const Config> ComponentShard::config_of(
    const std::shared_ptr<const contracts::Settings>& link) {
  const auto& own = configured_.config;
  if (link == nullptr) return own;
  if (merged_.own != own || merged_.link != link) {
    auto config = *link;
    config.insert(own->begin(), own->end());
    merged_ = {own, link, std::make_shared<const Config>(std::move(config))};
  }
  return merged_.config;
}

contracts::Pending ComponentShard::invoke(contracts::Invocation invocation,
                                          contracts::Replier& replier) {
  if (const auto* http = std::get_if<contracts::HttpCall>(&invocation.payload)) {
    if (component_->linked().http) {
      return take_call().begin_http(std::move(invocation.context), std::move(invocation.settings),
                                    *http, replier);
    }
    replier.on_reply({fail(Errc::not_found, fmt::format("{} does not answer HTTP: it exports no "
                                                        "wasi:http/incoming-handler@0.2",
                                                        component_->id()))});
    return {};
  }
  auto function = find_function(invocation.interface, invocation.function);
  if (!function) {
    replier.on_reply({std::unexpected(std::move(function).error())});
    return {};
  }
  return take_call().begin_plain(
      std::move(invocation.context), std::move(invocation.settings), **function,
      std::get<contracts::Image>(std::move(invocation.payload)), replier);
}

contracts::Pending ComponentShard::run_command(contracts::Context context, CommandEnd& end) {
  return take_call().begin_command(std::move(context), end);
}

// A handful of functions are called again and again: comparing beats hashing.
Result<const Function*> ComponentShard::find_function(std::string_view interface,
                                                      std::string_view function) {
  for (const auto& known : functions_) {
    if (known->name == function && known->asked == interface) return known.get();
  }
  TRY(FuncHandle handle, find_export_function(interface, function));
  functions_.push_back(std::make_unique<const Function>(
      Function{std::string(interface), std::string(function), std::move(handle)}));
  return functions_.back().get();
}

Result<FuncHandle> ComponentShard::find_export_function(std::string_view interface,
                                                        std::string_view function) const {
  const auto& artifact = *component_->spec().artifact;
  std::string exported(interface);
  if (const auto wanted = contracts::InterfaceName::parse(interface)) {
    const auto* found = find_export(artifact.type(), *wanted);
    if (found == nullptr) {
      std::string near;
      for (const auto& other : artifact.type().exports) {
        if (other.name.unversioned() == wanted->unversioned())
          near = fmt::format("; it has {}", other.name.text());
      }
      return fail(Errc::not_found,
                  fmt::format("{} does not export {}{}", component_->id(), interface, near));
    }
    exported = found->name.text();
  }
  Text failure;
  FuncHandle handle(
      eng_func_find(&artifact.component(), slice(exported), slice(function), Text::take, &failure));
  if (!handle) return fail(Errc::not_found, fmt::format("{}: {}", component_->id(), failure.text));
  return handle;
}

GuestCall& ComponentShard::take_call() {
  if (free_.empty()) {
    calls_.push_back(std::make_unique<GuestCall>(*this));
    free_.push_back(calls_.back().get());
  }
  GuestCall& call = *free_.back();
  free_.pop_back();
  return call;
}

void ComponentShard::recycle(GuestCall& call) { free_.push_back(&call); }

const std::shared_ptr<const contracts::Frame>& ComponentShard::frame(
    const ImportSlot& slot, const std::shared_ptr<const Frame>& caller) {
  auto& known = frames_[slot.index];
  if (known == nullptr || known->caller != caller) {
    known = std::make_shared<const Frame>(
        Frame{component_->id(), slot.interface, slot.function, caller});
  }
  return known;
}

FirstRun ComponentShard::first_run() const {
  return heaviness_ >= k_slice_weight / 2 && thread_.loop.busy() ? FirstRun::second_queue
                                                                 : FirstRun::now;
}

void ComponentShard::used_a_slice() {
  heaviness_ = std::min(k_heaviest, heaviness_ + k_slice_weight);
}

void ComponentShard::was_light() { heaviness_ = std::max(0, heaviness_ - 1); }

}  // namespace weft::engine
