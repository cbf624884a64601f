#include "cli/parse.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "base/suggest.h"
#include "cli/completion.h"
#include "cli/parse_control.h"
#include "cli/parse_stores.h"
#include "cli/values.h"

namespace weft::cli {
namespace {

constexpr const char* k_footer = R"(Examples:
  weft run hello.wasm                      serve an HTTP component on 127.0.0.1:8000
  weft run tool.wasm -- input.txt          run a command component
  weft up app.yaml                         run an application
  weft check app.yaml                      find what is wrong with it, without running it
  weft inspect hello.wasm                  what it imports, and what would satisfy that
  weft config put shop COLOUR=blue         store a config that manifests name
  weft secret put db-password              store a secret, asked for or from standard input
  weft inventory                           what runs in the host of this state folder
  weft link put web redis wasi keyvalue --interface store      move a link while requests flow

Exit codes: 0 success, 1 failed, 2 wrong command line, 3 wrong manifest or component, 130 ended at
once by a second Ctrl-C.)";

constexpr const char* k_globals =
    "\nGlobal options (weft --help): --log-level, --log-format, --output, --state-dir, "
    "--cache-dir\n";
constexpr const char* k_serving_exits =
    "Exit codes: 0 stopped by Ctrl-C or SIGTERM, 1 failed, 2 wrong command line, 3 wrong manifest "
    "or component, 130 ended at once by a second Ctrl-C.\n";
constexpr const char* k_check_exits =
    "Exit codes: 0 nothing in the way, 1 failed, 2 wrong command line, 3 wrong manifest or "
    "component.\n";

// For CLI11: the words of a complaint, none when the value is right.
template <class Read>
CLI::Validator valid(Read read) {
  return CLI::Validator(
      [read](const std::string& text) -> std::string {
        const auto value = read(text);
        return value ? std::string() : value.error().message;
      },
      "");
}

Result<> check_limit(const std::string& text) {
  contracts::Limits limits;
  return read_limit(text, limits);
}

struct Parser {
  Options options;
  Up up;
  Run run;
  Check check;
  Inspect inspect;
  ConfigOptions config;
  SecretOptions secret;
  ControlWords control;
  Completion completion;
  bool wit = false, access_log = false;
  std::string log_level = "info", log_format = "text", output = "text", state_dir, cache_dir;
  std::map<std::string, std::vector<std::string>> choices;  // by option, for completion
  CLI::App app{"Runs WebAssembly components and links them, at run time, to what they need.",
               "weft"};

  Parser();
  CLI::Option* add_choice(CLI::App& command, const std::string& name, std::string& value,
                          const std::string& what, const std::vector<std::string>& words);
  void add_globals();
  void add_serving(CLI::App& command, Serving& serving);
  void add_up();
  void add_run();
  void add_check();
  void add_inspect();
  void add_rest();
  Options take();
};

Parser::Parser() {
  app.footer(k_footer);
  app.require_subcommand(1);
  app.fallthrough();
  app.set_help_flag("-h,--help", "this text, also behind each command");
  app.set_version_flag("-V,--version", WEFT_VERSION, "print the version");
  add_globals();
  add_up();
  add_run();
  add_check();
  add_inspect();
  add_config(app, config, k_globals);
  add_secret(app, secret, k_globals);
  add_control(app, control, k_globals);
  add_rest();
}

CLI::Option* Parser::add_choice(CLI::App& command, const std::string& name, std::string& value,
                                const std::string& what, const std::vector<std::string>& words) {
  choices[name] = words;
  return command.add_option(name, value, what)->check(CLI::IsMember(words));
}

void Parser::add_globals() {
  const auto* group = "Global options";
  add_choice(app, "--log-level", log_level, "trace, debug, info, warn, error or off",
             {"trace", "debug", "info", "warn", "error", "off"})
      ->capture_default_str()
      ->group(group);
  add_choice(app, "--log-format", log_format, "text or json", {"text", "json"})
      ->capture_default_str()
      ->group(group);
  add_choice(app, "--output", output, "of commands that answer: text or json", {"text", "json"})
      ->capture_default_str()
      ->group(group);
  app.add_option("--state-dir", state_dir, "where data is kept (default $XDG_STATE_HOME/weft)")
      ->group(group);
  app.add_option("--cache-dir", cache_dir,
                 "where compiled components are kept (default $XDG_CACHE_HOME/weft)")
      ->group(group);
}

void Parser::add_serving(CLI::App& command, Serving& serving) {
  command.add_option("--threads", serving.threads, "threads that serve; 0 is one per CPU")
      ->check(CLI::Range(0U, 1024U))
      ->capture_default_str();
  command
      .add_option("--admin", serving.admin,
                  "HOST:PORT of /livez, /readyz and /metrics (default: none)")
      ->check(valid(check_address));
  command.add_flag("--access-log", access_log, "log every HTTP request");
}

void Parser::add_up() {
  auto* command = app.add_subcommand("up", "run applications from their manifests until Ctrl-C");
  command->add_option("MANIFEST", up.manifests, "OAM manifests (default: app.yaml)");
  add_serving(*command, up.serving);
  command->footer(
      std::string("SIGHUP reads the manifests again and changes only what changed.\n\n") +
      "Examples:\n  weft up examples/shop/app.yaml\n  weft up a.yaml b.yaml --admin "
      "127.0.0.1:9090\n" +
      std::string(k_globals) + k_serving_exits);
}

void Parser::add_run() {
  auto* command = app.add_subcommand("run", "run one component: a command, or an HTTP server");
  command->add_option("FILE.wasm", run.file, "the component")->required();
  command->add_option("ARGS", run.arguments,
                      "arguments of a command component; put -- before the first");
  command
      ->add_option("--address", run.address,
                   "where an HTTP component is served; port 0 takes a free one")
      ->check(valid(check_address))
      ->capture_default_str();
  command->add_option("--dir", run.directories, "HOST::GUEST: a folder the component may use")
      ->check(valid(read_folder))
      ->allow_extra_args(false);
  command->add_option("--env", run.environment, "K=V: an environment variable it sees")
      ->check(valid(read_variable))
      ->allow_extra_args(false);
  command->add_option("--limit", run.limits, "KEY=VALUE: a limit, as in a manifest's limits trait")
      ->check(valid(check_limit))
      ->allow_extra_args(false);
  add_serving(*command, run.serving);
  command->footer(
      "Examples:\n  weft run hello.wasm --address 127.0.0.1:9000\n"
      "  weft run tool.wasm --dir .::/data --env LANG=C -- /data/input.txt\n" +
      std::string(k_globals) + k_serving_exits +
      "A command component's own exit code is passed on.\n");
}

void Parser::add_check() {
  auto* command =
      app.add_subcommand("check", "find what is wrong with manifests, without running them");
  command->add_option("MANIFEST", check.manifests, "OAM manifests (default: app.yaml)");
  command->footer("Examples:\n  weft check app.yaml\n  weft check --output json app.yaml\n" +
                  std::string(k_globals) + k_check_exits);
}

void Parser::add_inspect() {
  auto* command = app.add_subcommand(
      "inspect", "show what a component imports and exports, and what satisfies it");
  command->add_option("FILE.wasm", inspect.file, "the component")->required();
  command->add_flag("--wit", wit, "print its world as WIT");
  command->footer("Examples:\n  weft inspect hello.wasm\n  weft inspect --wit hello.wasm\n" +
                  std::string(k_globals));
}

void Parser::add_rest() {
  app.add_subcommand("providers",
                     "list the capability providers, what they serve and their configuration")
      ->footer("Examples:\n  weft providers\n  weft providers --output json\n" +
               std::string(k_globals));
  app.add_subcommand("version", "print the versions of weft and its engine")
      ->footer("Examples:\n  weft version\n  weft version --output json\n" +
               std::string(k_globals));
  auto* command = app.add_subcommand("completion", "print a completion script for a shell");
  command->add_option("SHELL", completion.shell, "bash, zsh or fish")->required();
  choices["completion"] = {"bash", "zsh", "fish"};
  command->footer(
      "Examples:\n  weft completion bash > ~/.local/share/bash-completion/completions/weft\n"
      "  weft completion zsh > ~/.zfunc/_weft    (any folder of fpath, before compinit)\n"
      "  weft completion fish > ~/.config/fish/completions/weft.fish\n" +
      std::string(k_globals));
}

void default_manifest(std::vector<std::filesystem::path>& manifests) {
  if (manifests.empty()) manifests.emplace_back("app.yaml");
}

Options Parser::take() {
  options.global.log_level = weft::log_level(log_level).value_or(LogLevel::info);
  options.global.log_format = log_format == "json" ? LogFormat::json : LogFormat::text;
  options.global.output = output == "json" ? Output::json : Output::text;
  options.global.state_dir = state_dir;
  options.global.cache_dir = cache_dir;
  const auto log = access_log ? AccessLog::on : AccessLog::off;
  up.serving.access_log = run.serving.access_log = log;
  inspect.wit = wit ? InspectWit::yes : InspectWit::no;
  default_manifest(up.manifests);
  default_manifest(check.manifests);
  const std::string chosen = app.get_subcommands().front()->get_name();
  if (chosen == "up") options.command = std::move(up);
  if (chosen == "run") options.command = std::move(run);
  if (chosen == "check") options.command = std::move(check);
  if (chosen == "inspect") options.command = std::move(inspect);
  if (chosen == "config") options.command = std::move(config);
  if (chosen == "secret") options.command = std::move(secret);
  if (auto asked = take_control(app, control)) {
    std::visit([this](auto& one) { options.command = std::move(one); }, *asked);
  }
  if (chosen == "providers") options.command = Providers{};
  if (chosen == "completion") options.command = std::move(completion);
  return std::move(options);
}

std::vector<std::string> command_names(const CLI::App& app) {
  std::vector<std::string> names;
  for (const auto* command : app.get_subcommands({})) names.push_back(command->get_name());
  return names;
}

std::vector<std::string> flag_names(const CLI::App& app) {
  std::vector<std::string> names;
  for (const auto* level = &app; level != nullptr; level = level->get_parent()) {
    for (const auto* option : level->get_options()) {
      for (const auto& name : option->get_lnames()) names.push_back("--" + name);
    }
  }
  return names;
}

// The command that the words have come to.
const CLI::App& deepest(const CLI::App& app) {
  const auto chosen = app.get_subcommands();
  return chosen.empty() ? app : deepest(*chosen.front());
}

// "weft config put"
std::string full_name(const CLI::App& app) {
  const auto* above = app.get_parent();
  return (above == nullptr ? "" : full_name(*above) + " ") + app.get_name();
}

// Whether the word behind this one is its value.
bool takes_next(const CLI::App& at, const std::string& word) {
  for (const auto* level = &at; level != nullptr; level = level->get_parent()) {
    const auto* option = level->get_option_no_throw(word);
    if (option != nullptr) return option->get_items_expected_max() > 0;
  }
  return false;
}

bool is_chosen(const CLI::App& at, const std::string& word) {
  for (const auto* level = &at; level != nullptr; level = level->get_parent()) {
    if (level->get_parent() != nullptr && level->get_name() == word) return true;
  }
  return false;
}

constexpr auto k_required = static_cast<int>(CLI::ExitCodes::RequiredError);

// What CLI11 says, plus the word that was probably meant.
std::string complaint(const CLI::App& app, std::span<const char* const> arguments,
                      const CLI::ParseError& error) {
  const CLI::App& at = deepest(app);
  const auto below = command_names(at);
  const bool lacks = !below.empty() && error.get_exit_code() == k_required;
  const std::string needs =
      &at == &app ? "a command is required"
                  : fmt::format("{} needs a command: {}", full_name(at), fmt::join(below, ", "));
  const std::string said = lacks ? needs : error.what();
  std::string text = fmt::format("weft: {}\n", said);
  if (error.get_exit_code() != static_cast<int>(CLI::ExitCodes::ExtrasError) &&
      error.get_exit_code() != k_required) {
    arguments = {};  // the words are known, one of their values is wrong: CLI11 has said which
  }
  bool is_value = false;
  for (const std::string word : arguments) {
    if (std::exchange(is_value, false)) continue;
    if (word == "--") break;
    is_value = word.starts_with('-') && takes_next(at, word);
    const bool flag = word.starts_with("--");
    if (!flag && (below.empty() || is_chosen(at, word))) continue;
    const auto known = flag ? flag_names(at) : below;
    const auto name = word.substr(0, word.find('='));
    if (std::ranges::find(known, name) != known.end()) continue;
    text = fmt::format("weft: there is no {} '{}'{}\n", flag ? "option" : "command", name,
                       &at == &app ? "" : " of " + full_name(at));
    const std::vector<std::string_view> views(known.begin(), known.end());
    if (const auto near = nearest_word(name, views))
      text += fmt::format("Did you mean '{}'?\n", *near);
    break;
  }
  return text + fmt::format("Try '{} --help'.\n", full_name(at));
}

// What the words ask for, though they do not make a command line.
LogFormat asked_log_format(std::span<const char* const> arguments) {
  constexpr std::string_view k_flag = "--log-format";
  std::string_view before;
  for (const std::string_view word : arguments) {
    if (word == "--") break;
    if (word == "--log-format=json" || (before == k_flag && word == "json")) return LogFormat::json;
    before = word;
  }
  return LogFormat::text;
}

}  // namespace

std::variant<Options, Said> parse(std::span<const char* const> arguments) {
  Parser parser;
  std::vector<std::string> reversed(arguments.rbegin(), arguments.rend());
  try {
    parser.app.parse(std::move(reversed));
    return parser.take();
  } catch (const CLI::CallForHelp&) {
    return Said{Exit::ok, parser.app.help()};
  } catch (const CLI::CallForVersion&) {
    return Said{Exit::ok, "weft " WEFT_VERSION "\n"};
  } catch (const CLI::ParseError& error) {
    return Said{Exit::usage, complaint(parser.app, arguments, error), asked_log_format(arguments)};
  }
}

Said completion_script(const std::string& shell) {
  const Parser parser;
  const auto flags = [&parser](const CLI::App& app) {
    std::vector<CompletedFlag> made;
    for (const auto* option : app.get_options()) {
      for (const auto& name : option->get_lnames()) {
        const bool help = name == "help" && &app != &parser.app;
        const auto words = parser.choices.find("--" + name);
        if (help) continue;  // it is among those of every command
        made.push_back(
            {"--" + name,
             option->get_items_expected_max() > 0 ? FlagValue::follows : FlagValue::none,
             words == parser.choices.end() ? std::vector<std::string>{} : words->second});
      }
    }
    return made;
  };
  Completed completed{.global = flags(parser.app), .commands = {}, .below = {}};
  for (const auto* command : parser.app.get_subcommands({})) {
    const auto choice = parser.choices.find(command->get_name());
    const auto below = command->get_subcommands({});
    auto words = choice == parser.choices.end() ? command_names(*command) : choice->second;
    completed.commands.push_back(
        {.name = command->get_name(),
         .description = command->get_description(),
         .flags = flags(*command),
         .words = std::move(words),
         .kind = below.empty() ? CommandKind::command : CommandKind::group});
    for (const auto* one : below) {
      completed.below.push_back({.name = command->get_name() + " " + one->get_name(),
                                 .description = one->get_description(),
                                 .flags = flags(*one),
                                 .words = {}});
    }
  }
  if (auto script = completion(shell, completed)) return {Exit::ok, *std::move(script)};
  return {Exit::usage,
          fmt::format("weft: no completion for '{}'; there are bash, zsh and fish\n", shell)};
}

}  // namespace weft::cli
