#include "cli/commands.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "base/printable.h"
#include "cli/parse.h"
#include "engine/engine.h"
#include "host/manifest/providers.h"

namespace weft::cli {
namespace {

constexpr std::string_view k_prefix = "weft: ";

// One record with the whole of what is wrong.
void log_error(std::string_view message, Surroundings& around) {
  Log(LogSettings{.level = LogLevel::error, .format = LogFormat::json}, around.clock, around.err)
      .error(message);
}

int say(const Said& said, LogFormat format, Surroundings& around) {
  if (said.exit == Exit::ok) {
    around.out(said.text);
  } else if (format == LogFormat::text) {
    around.err(said.text);
  } else {
    std::string_view text = said.text;
    if (text.starts_with(k_prefix)) text.remove_prefix(k_prefix.size());
    while (text.ends_with('\n')) text.remove_suffix(1);
    log_error(text, around);
  }
  return static_cast<int>(said.exit);
}

// One overload per command, for std::visit.
struct Dispatch {
  const Global& global;
  Surroundings& around;

  int operator()(const Up& command) const {
    return static_cast<int>(run_up(global, command, around));
  }
  int operator()(const Run& command) const { return run_run(global, command, around); }
  int operator()(const Check& command) const {
    return static_cast<int>(run_check(global, command, around));
  }
  int operator()(const Inspect& command) const {
    return static_cast<int>(run_inspect(global, command, around));
  }
  int operator()(const ConfigOptions& command) const {
    return static_cast<int>(run_config(global, command, around));
  }
  int operator()(const SecretOptions& command) const {
    return static_cast<int>(run_secret(global, command, around));
  }
  int operator()(const ControlEdit& command) const {
    return static_cast<int>(run_control(global, command, around));
  }
  int operator()(ControlAction command) const {
    return static_cast<int>(run_control(global, command, around));
  }
  int operator()(const ControlLabel& command) const {
    return static_cast<int>(run_control(global, command, around));
  }
  int operator()(ControlQuery command) const {
    return static_cast<int>(run_control(global, command, around));
  }
  int operator()(const Providers&) const { return static_cast<int>(run_providers(global, around)); }
  int operator()(const Version&) const { return static_cast<int>(run_version(global, around)); }
  int operator()(const Completion& command) const {
    return say(completion_script(command.shell), global.log_format, around);
  }
};

}  // namespace

Exit exit_of(const Error& error) {
  const bool input = error.code == Errc::invalid || error.code == Errc::not_found;
  return input ? Exit::invalid : Exit::failed;
}

Exit say_error(const Error& error, const Global& global, Surroundings& around) {
  if (global.log_format == LogFormat::json) {
    log_error(error.message, around);
  } else {
    const bool paint = around.colour == LogColour::yes;
    around.err(fmt::format("{}weft:{} {}\n", paint ? "\x1b[31m" : "", paint ? "\x1b[0m" : "",
                           printable(error.message, NewLines::kept)));
  }
  return exit_of(error);
}

Exit run_providers(const Global& global, Surroundings& around) {
  if (global.output == Output::text) {
    around.out(around.providers.text());
    return Exit::ok;
  }
  auto list = nlohmann::json::array();
  for (const auto* kind : around.providers.all()) {
    const auto& provider = kind->info;
    auto keys = nlohmann::json::array();
    for (const auto& key : provider.keys) {
      if (key.support != contracts::KeySupport::taken) continue;
      keys.push_back({{"key", key.key},
                      {"place", manifest::name(key.place)},
                      {"what", key.what},
                      {"default", key.default_value}});
    }
    list.push_back({{"name", provider.name},
                    {"what", provider.what},
                    {"aliases", provider.aliases},
                    {"serves", provider.serves},
                    {"calls", provider.calls},
                    {"config", keys}});
  }
  around.out(list.dump(2) + "\n");
  return Exit::ok;
}

Exit run_version(const Global& global, Surroundings& around) {
  const auto engine = engine::engine_version();
  if (global.output == Output::json) {
    around.out(nlohmann::json({{"weft", WEFT_VERSION}, {"engine", engine}}).dump(2) + "\n");
  } else {
    around.out(fmt::format("weft {}\n{}\n", WEFT_VERSION, engine));
  }
  return Exit::ok;
}

int run_command_line(std::span<const char* const> arguments, Surroundings& around) {
  const auto parsed = parse(arguments);
  if (const auto* said = std::get_if<Said>(&parsed)) return say(*said, said->log_format, around);
  const auto& options = std::get<Options>(parsed);
  return std::visit(Dispatch{options.global, around}, options.command);
}

}  // namespace weft::cli
