#include <fmt/format.h>
#include <fmt/ranges.h>
#include <unistd.h>

#include <algorithm>
#include <future>
#include <optional>

#include "cli/commands.h"
#include "cli/needs.h"
#include "cli/serve.h"
#include "cli/span_log.h"
#include "cli/values.h"
#include "engine/call/component_shard.h"
#include "engine/component_type.h"
#include "engine/wasm_file.h"
#include "host/plan/plan.h"

namespace weft::cli {
namespace {

using contracts::ComponentKind;

struct RunPlan {
  contracts::Manifest manifest;
  std::map<ComponentId, host::Extras> extras;
};

constexpr const char* k_address_flag = "--address";

// The file's name, for the log and for everything that is said about it.
ComponentId component_id(const Run& options) {
  return ComponentId(options.file.filename().string());
}

bool exports(const contracts::ComponentType& type, std::string_view interface) {
  const auto name = contracts::InterfaceName::parse(interface);
  return name && engine::find_export(type, *name) != nullptr;
}

// Where a limit may be raised, for the sentence about one that was exceeded.
std::vector<contracts::LimitOrigin> limit_origins() {
  std::vector<contracts::LimitOrigin> origins;
  for (const auto& spec : contracts::limit_specs())
    origins.push_back({spec.key, {.file = fmt::format("--limit {}=VALUE", spec.key)}});
  return origins;
}

// A manifest of one component, as if it had been written: everything else is as for `up`.
Result<RunPlan> make_plan(const Run& options) {
  RunPlan plan;
  plan.manifest.name = ApplicationName("run");
  contracts::Component component;
  component.name = options.file.filename().string();
  component.id = component_id(options);
  component.image = contracts::ImageRef{
      contracts::ImageKind::file, options.file.string(), options.file.string(), {}};
  for (const auto& limit : options.limits) TRY_OK(read_limit(limit, component.limits));
  component.limit_origins = limit_origins();
  contracts::Config environment{
      .name = "environment", .id = "environment", .values = {{}}, .at = {}};
  for (const auto& variable : options.environment) {
    TRY(auto pair, read_variable(variable));
    environment.values->push_back({std::move(pair.first), std::move(pair.second), {}});
  }
  component.config.push_back(std::move(environment));
  auto& extras = plan.extras[component.id];
  extras.arguments = options.arguments;
  extras.arguments.insert(extras.arguments.begin(), options.file.filename().string());
  for (const auto& folder : options.directories) {
    TRY(auto pair, read_folder(folder));
    extras.dirs.push_back(
        {std::move(pair.first), std::move(pair.second), engine::Access::read_write});
  }
  plan.manifest.components.push_back(std::move(component));
  return plan;
}

void add_http(RunPlan& plan, const Run& options) {
  contracts::Component http;
  http.name = "weft:http-server";
  http.kind = ComponentKind::capability;
  http.id = ComponentId("weft-run http");
  http.image = contracts::ImageRef{
      contracts::ImageKind::builtin, "weft:http-server", "weft:http-server", {}};
  contracts::Link link;
  link.ns = "wasi";
  link.package = "http";
  link.interfaces = {{"incoming-handler", {}}};
  link.target = {options.file.filename().string(), {}};
  link.source_config.push_back(
      {.name = "address",
       .id = "address",
       .values = {{{"address", options.address, {.file = k_address_flag}}}},
       .at = {}});
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

// Whether the log has a report that says the same and more.
bool is_reported(Errc code, const Log& log) {
  return (code == Errc::trapped || code == Errc::exhausted) && log.enabled(LogLevel::error);
}

int run_program(host::Host& host, const ComponentId& id, const Global& global, const Log& log,
                Surroundings& around) {
  Ended ended;
  const auto generation = host.generation(id);
  host.cores().post(0, [&](host::Core& core) {
    contracts::Context context;
    context.request = core.thread.random.next();
    auto& shard = dynamic_cast<engine::ComponentShard&>(*core.shards.at(generation));
    auto pending = shard.run_command(std::move(context), ended);
    if (pending) ended.pending = std::move(pending);
  });
  const auto code = ended.wait();
  if (code) return static_cast<int>(*code);
  if (is_reported(code.error().code, log)) return static_cast<int>(exit_of(code.error()));
  return static_cast<int>(say_error(code.error(), global, around));
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

enum class Runs { http, program };

// Nothing is linked here: a component that needs links gets the manifest that has them.
Result<> check_needs(const contracts::ComponentType& type, const Run& options, Runs runs,
                     const manifest::Providers& providers) {
  const auto wanted = needs(type, providers);
  if (wanted.empty()) return {};
  std::vector<std::string> names;
  for (const auto& need : wanted) {
    for (const auto& interface : need.interfaces)
      names.push_back(fmt::format("{}:{}/{}", need.ns, need.package, interface));
  }
  const auto said = fmt::format("{} needs {}, and weft run links nothing", options.file.string(),
                                fmt::join(names, ", "));
  if (runs == Runs::program) {
    return fail(Errc::invalid,
                said +
                    ": a command component has only what the host itself serves (weft inspect "
                    "shows it)");
  }
  const auto manifest = manifest_for(options, wanted);
  if (!manifest) return {};  // what is said of such a manifest holds here, too
  std::string left_out;
  for (const auto& folder : options.directories) left_out += fmt::format(" --dir {}", folder);
  if (!left_out.empty())
    left_out = fmt::format(". A manifest cannot grant folders yet, so this has no place in it:{}",
                           left_out);
  return fail(Errc::invalid, fmt::format("{}{}. Write this into app.yaml and run it with: weft up "
                                         "app.yaml\n\n{}",
                                         said, left_out, *manifest));
}

int refuse_arguments(const Run& options, const Global& global, Surroundings& around) {
  (void)say_error(
      {Errc::invalid, fmt::format("{} is an HTTP component and takes no arguments; "
                                  "these are left over: {}",
                                  options.file.string(), fmt::join(options.arguments, " "))},
      global, around);
  return static_cast<int>(Exit::usage);
}

// A manifest in the place of a component is the usual mistake.
Error not_loaded(Error error, const std::filesystem::path& file) {
  const auto extension = file.extension();
  if (extension == ".yaml" || extension == ".yml" || extension == ".json")
    error.message += fmt::format("\nIf it is a manifest, run it with: weft up {}", file.string());
  return error;
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
  const auto loaded = host->engine().load(std::move(wasm), options.file.string());
  if (!loaded) return std::unexpected(not_loaded(loaded.error(), options.file));
  const auto& artifact = *loaded;
  const bool http = exports(artifact->type(), "wasi:http/incoming-handler@0.2.0");
  TRY_OK(
      check_needs(artifact->type(), options, http ? Runs::http : Runs::program, around.providers));
  if (http) {
    if (!options.arguments.empty()) return refuse_arguments(options, global, around);
    add_http(plan, options);
    Signals signals;
    TRY_OK(apply(*host, plan));
    signals.serve(*host, log, [&log] { log.info("SIGHUP: there is no manifest to read again"); });
    return 0;
  }
  if (exports(artifact->type(), "wasi:cli/run@0.2.0")) {
    plan.extras[component_id(options)].stdio = engine::Stdio::terminal;
    TRY(plan.manifest.components.front().limits, program_limits(options.limits));
    TRY_OK(apply(*host, plan));
    return run_program(*host, component_id(options), global, log, around);
  }
  std::string found;
  for (const auto& type : artifact->type().exports)
    found += (found.empty() ? "" : ", ") + plan::text(type.name);
  return fail(
      Errc::invalid,
      fmt::format("{} exports neither wasi:cli/run nor wasi:http/incoming-handler, so there is "
                  "nothing to run; it exports {}. Link it to other components in a manifest "
                  "and use weft up",
                  options.file.string(), found.empty() ? "nothing" : found));
}

}  // namespace

int run_run(const Global& global, const Run& options, Surroundings& around) {
  const auto code = run(global, options, around);
  return code ? *code : static_cast<int>(say_error(code.error(), global, around));
}

}  // namespace weft::cli
