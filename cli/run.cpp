#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <future>
#include <optional>

#include "cli/commands.h"
#include "cli/serve.h"
#include "cli/span_log.h"
#include "engine/component_shard.h"
#include "engine/component_type.h"
#include "engine/wasm_file.h"
#include "net/listen.h"

namespace weft::cli {
namespace {

using contracts::ComponentKind;

struct RunPlan {
  contracts::Manifest manifest;
  std::map<ComponentId, host::Extras> extras;
};

const ComponentId k_component("run");
const ComponentId k_http("run-http");

bool exports(const contracts::ComponentType& type, std::string_view interface) {
  const auto name = contracts::InterfaceName::parse(interface);
  return name && engine::find_export(type, *name) != nullptr;
}

Result<std::pair<std::string, std::string>> split(const std::string& text, std::string_view between,
                                                  std::string_view what) {
  const auto at = text.find(between);
  if (at == text.npos || at == 0)
    return fail(Errc::invalid, fmt::format("{}; not '{}'", what, text));
  return std::pair(text.substr(0, at), text.substr(at + between.size()));
}

Result<contracts::Limits> read_limits(const std::vector<std::string>& settings) {
  contracts::Limits limits;
  for (const auto& setting : settings) {
    TRY(const auto pair, split(setting, "=", "--limit takes KEY=VALUE, such as cpu_time=2s"));
    const auto& [key, value] = pair;
    const auto specs = contracts::limit_specs();
    const auto spec = std::ranges::find(specs, key, &contracts::LimitSpec::key);
    if (spec == specs.end()) {
      std::string known;
      for (const auto& one : specs) known += (known.empty() ? "" : ", ") + std::string(one.key);
      return fail(Errc::invalid, fmt::format("there is no limit '{}'; there are {}", key, known));
    }
    TRY(limits.*(spec->value), contracts::parse_limit(*spec, value));
  }
  return limits;
}

// A manifest of one component, as if it had been written: everything else is as for `up`.
Result<RunPlan> make_plan(const Run& options) {
  RunPlan plan;
  plan.manifest.name = ApplicationName("run");
  contracts::Component component;
  component.name = "component";
  component.id = k_component;
  component.image = contracts::ImageRef{
      contracts::ImageKind::file, options.file.string(), options.file.string(), {}};
  TRY(component.limits, read_limits(options.limits));
  contracts::Config environment{
      .name = "environment", .id = "environment", .values = {{}}, .at = {}};
  for (const auto& variable : options.environment) {
    TRY(auto pair, split(variable, "=", "--env takes KEY=VALUE"));
    environment.values->push_back({std::move(pair.first), std::move(pair.second), {}});
  }
  component.config.push_back(std::move(environment));
  auto& extras = plan.extras[k_component];
  extras.arguments = options.arguments;
  extras.arguments.insert(extras.arguments.begin(), options.file.filename().string());
  for (const auto& folder : options.directories) {
    TRY(auto pair, split(folder, "::", "--dir takes HOST::GUEST, such as .::/data"));
    extras.dirs.push_back(
        {std::move(pair.first), std::move(pair.second), engine::Access::read_write});
  }
  plan.manifest.components.push_back(std::move(component));
  return plan;
}

void add_http(RunPlan& plan, const std::string& address) {
  contracts::Component http;
  http.name = "http";
  http.kind = ComponentKind::capability;
  http.id = k_http;
  http.image = contracts::ImageRef{
      contracts::ImageKind::builtin, "weft:http-server", "weft:http-server", {}};
  contracts::Link link;
  link.ns = "wasi";
  link.package = "http";
  link.interfaces = {{"incoming-handler", {}}};
  link.target = {"component", {}};
  link.source_config.push_back(
      {.name = "address", .id = "address", .values = {{{"address", address, {}}}}, .at = {}});
  http.links.push_back(std::move(link));
  plan.manifest.components.push_back(std::move(http));
}

// Waits on the control thread for what a serving thread tells.
class Ended final : public engine::CommandEnd {
 public:
  void on_exit(Result<std::uint32_t> code) noexcept override {
    pending.settled();
    result_.set_value(std::move(code));
  }
  Result<std::uint32_t> wait() { return result_.get_future().get(); }
  contracts::Pending pending;

 private:
  std::promise<Result<std::uint32_t>> result_;
};

int run_program(host::Host& host, Surroundings& around) {
  Ended ended;
  const auto generation = host.generation(k_component);
  host.cores().post(0, [&](host::Core& core) {
    contracts::Context context;
    context.request = core.thread.random.next();
    auto& shard = dynamic_cast<engine::ComponentShard&>(*core.shards.at(generation));
    auto pending = shard.run_command(std::move(context), ended);
    if (pending) ended.pending = std::move(pending);
  });
  const auto code = ended.wait();
  return code ? static_cast<int>(*code) : static_cast<int>(say_error(code.error(), around));
}

Result<> apply(host::Host& host, const RunPlan& plan) {
  const auto applied = host.apply({&plan.manifest, 1}, plan.extras);
  if (applied.failure) return std::unexpected(*applied.failure);
  std::string text;
  for (const auto& finding : applied.findings.all()) {
    if (finding.severity != manifest::Severity::error) continue;
    text += text.empty() ? finding.message : "\n" + finding.message;
    if (!finding.suggestion.empty()) text += "\n" + finding.suggestion;
  }
  if (text.empty()) return {};
  return fail(Errc::invalid, std::move(text));
}

Result<int> run(const Global& global, const Run& options, Surroundings& around) {
  TRY(auto plan, make_plan(options));
  TRY(auto wasm, engine::read_wasm(options.file));
  Log log({.level = global.log_level, .format = global.log_format, .colour = around.colour},
          around.clock, around.err);
  ingress::LineAccessLog access_log(access_format(global), around.clock, around.err);
  TRY(auto settings, host_settings(global, options.serving, around, access_log));
  SpanLog spans(log);
  if (log.enabled(LogLevel::debug)) settings.observers.push_back(&spans);
  TRY(const auto host,
      host::Host::open(std::move(settings),
                       {around.clock, around.network, around.random, log, around.providers}));
  TRY(const auto artifact, host->engine().load(std::move(wasm), options.file.string()));
  if (exports(artifact->type(), "wasi:http/incoming-handler@0.2.0")) {
    add_http(plan, options.address);
    Signals signals;
    TRY_OK(apply(*host, plan));
    signals.serve(*host, log, [&log] { log.info("SIGHUP: there is no manifest to read again"); });
    return 0;
  }
  if (exports(artifact->type(), "wasi:cli/run@0.2.0")) {
    plan.extras[k_component].stdio = engine::Stdio::terminal;
    // A program runs as long as it likes: it is the user's own, at the user's terminal.
    auto& limits = plan.manifest.components.front().limits;
    if (options.limits.empty()) limits.cpu_time = limits.response_time = 0;
    TRY_OK(apply(*host, plan));
    return run_program(*host, around);
  }
  std::string found;
  for (const auto& type : artifact->type().exports)
    found += (found.empty() ? "" : ", ") + type.name.text();
  return fail(
      Errc::invalid,
      fmt::format("{} exports neither wasi:cli/run nor wasi:http/incoming-handler, so there is "
                  "nothing to run; it exports {}. Link it to other components in a manifest "
                  "and use weft up",
                  options.file.string(), found.empty() ? "nothing" : found));
}

}  // namespace

int run_run(const Global& global, const Run& options, Surroundings& around) {
  if (const auto address = net::ListenAddress::parse(options.address); !address) {
    (void)say_error(Error(address.error()).context("--address"), around);
    return static_cast<int>(Exit::usage);
  }
  const auto code = run(global, options, around);
  return code ? *code : static_cast<int>(say_error(code.error(), around));
}

}  // namespace weft::cli
