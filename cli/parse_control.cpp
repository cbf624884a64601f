#include "cli/parse_control.h"

#include <CLI/CLI.hpp>
#include <filesystem>
#include <utility>

#include "cli/values.h"

namespace weft::cli {
namespace {

constexpr const char* k_exits =
    "Exit codes: 0 done, 1 failed or no host runs, 2 wrong command line, 3 the host refused: "
    "nothing "
    "was changed.\n";

CLI::Validator pair_of_texts() {
  return CLI::Validator(
      [](const std::string& text) -> std::string {
        const auto pair = read_variable(text);
        return pair ? std::string() : pair.error().message;
      },
      "");
}

void add_values(CLI::App& command, const std::string& name, std::vector<std::string>& values,
                const std::string& what) {
  command.add_option(name, values, what)->check(pair_of_texts())->allow_extra_args(false);
}

void add_put(CLI::App& link, ControlWords& words, const std::string& globals) {
  auto* put = link.add_subcommand(
      "put", "link a component to a target; moves the interfaces that another link has");
  put->add_option("SOURCE", words.put.source, "id or name of the component that calls")->required();
  put->add_option("TARGET", words.put.target, "id or name of what is called")->required();
  put->add_option("NAMESPACE", words.put.ns, "such as wasi")->required();
  put->add_option("PACKAGE", words.put.package, "such as keyvalue")->required();
  put->add_option("--interface", words.put.interfaces, "such as store; once for each")
      ->required()
      ->allow_extra_args(false);
  put->add_option("--name", words.put.name, "the link's name")->capture_default_str();
  put->add_option("--target-config", words.put.target_config.names,
                  "a named config for the target; once for each")
      ->allow_extra_args(false);
  put->add_option("--source-config", words.put.source_config.names,
                  "a named config for the source; once for each")
      ->allow_extra_args(false);
  add_values(
      *put, "--target-value", words.target_values,
      "K=V for the target, over its configs; K=@FILE: what the file holds, K=-: standard input");
  add_values(*put, "--source-value", words.source_values, "the same for the source");
  put->footer(
      "Calls that begin from now on take the new link; calls under way end on the old one. It "
      "holds until the manifest is applied again.\n\n"
      "Examples:\n  weft link put counter redis wasi keyvalue --interface store --interface "
      "atomics\n"
      "  weft link put counter redis wasi keyvalue --interface store --target-value "
      "url=redis://127.0.0.1:6379\n"
      "  weft link put counter redis wasi keyvalue --interface store --target-value "
      "url=@redis.url\n" +
      globals + k_exits);
}

void add_insert(CLI::App& link, ControlWords& words, const std::string& globals) {
  auto& insert = words.insert;
  auto* into = link.add_subcommand("insert", "put a component into a link");
  into->add_option("SOURCE", insert.source, "id or name of the component that calls")->required();
  into->add_option("NAMESPACE", insert.ns, "such as wasi")->required();
  into->add_option("PACKAGE", insert.package, "such as keyvalue")->required();
  into->add_option("FILE.wasm", insert.image, "exports what it imports, such as a cache")
      ->required();
  into->add_option("--id", insert.id, "the id it gets; else the name of the file");
  into->add_option("--name", insert.name, "the link's name")->capture_default_str();
  into->add_option("--config", insert.config.names, "a named config for it; once for each")
      ->allow_extra_args(false);
  add_values(*into, "--value", words.values, "K=V for it, over its configs");
  into->add_option("--beside", insert.beside,
                   "a provider to be started for it alone, for what else it imports");
  add_values(*into, "--beside-value", words.beside_values, "K=V for that provider");
  into->footer(
      "What the link led to it leads on to, as soon as it runs; no call fails. It takes as many "
      "calls at once as SOURCE. `weft link bypass` takes it out again.\n\n"
      "Examples:\n  weft link insert counter wasi keyvalue build/guests/cache.wasm --beside "
      "weft:keyvalue-memory\n"
      "  weft link insert counter wasi keyvalue build/guests/cache.wasm --beside "
      "weft:keyvalue-memory --value ttl_ms=500\n" +
      globals + k_exits);
  auto* past = link.add_subcommand("bypass", "take a component out of the links that it stands in");
  past->add_option("COMPONENT", words.bypass.component, "its id or name")->required();
  past->footer(
      "Links to it lead to where it led; it ends, and what was started beside it. Calls under way "
      "end first.\n\n"
      "Examples:\n  weft link bypass cache\n" +
      globals + k_exits);
}

void add_link(CLI::App& app, ControlWords& words, const std::string& globals) {
  auto* link =
      app.add_subcommand("link", "move, delete, extend and list links of the running host");
  link->require_subcommand(1);
  link->fallthrough();
  add_put(*link, words, globals);
  add_insert(*link, words, globals);
  auto* del = link->add_subcommand("del", "delete a link");
  del->add_option("SOURCE", words.del.source, "id or name of the component")->required();
  del->add_option("NAMESPACE", words.del.ns, "such as wasi")->required();
  del->add_option("PACKAGE", words.del.package, "such as keyvalue")->required();
  del->add_option("--name", words.del.name, "the link's name")->capture_default_str();
  del->footer(
      "Refused while the component imports what only this link gives.\n\n"
      "Examples:\n  weft link del counter wasi keyvalue --name backup\n" +
      globals + k_exits);
  link->add_subcommand("list", "list every link")
      ->footer("Examples:\n  weft link list\n  weft link list --output json\n" + globals + k_exits);
  link->footer("Examples:\n  weft link list\n  weft link put --help\n" + globals);
}

void add_components(CLI::App& app, ControlWords& words, const std::string& globals) {
  auto* scale = app.add_subcommand("scale", "set how many calls a component takes at once");
  scale->add_option("COMPONENT", words.scale.component, "its id or name")->required();
  scale->add_option("COUNT", words.scale.count, "the most calls at once; 0 stops it")->required();
  scale->footer("Examples:\n  weft scale counter 200\n" + globals + k_exits);
  auto* update = app.add_subcommand("update", "put a new build in the place of a component");
  update->add_option("COMPONENT", words.update_component, "its id or name")->required();
  update->add_option("FILE.wasm", words.update_file, "the new build")->required();
  update->footer(
      "Calls under way end on the old build.\n\n"
      "Examples:\n  weft update web build/web.wasm\n" +
      globals + k_exits);
}

void add_providers(CLI::App& app, ControlWords& words, const std::string& globals) {
  auto* start = app.add_subcommand("start", "start a provider in the running host");
  start->require_subcommand(1);
  start->fallthrough();
  start->footer("Examples:\n  weft start provider weft:keyvalue-sqlite spare\n" + globals);
  auto* provider = start->add_subcommand("provider", "start a provider that no manifest has");
  provider->add_option("IMAGE", words.start.image, "such as weft:keyvalue-sqlite")->required();
  provider->add_option("ID", words.start.id, "the id it gets")->required();
  provider->add_option("--config", words.start.config.names, "a named config; once for each")
      ->allow_extra_args(false);
  add_values(*provider, "--value", words.values,
             "K=V, over its configs; K=@FILE: what the file holds, K=-: standard input");
  provider->footer("Examples:\n  weft start provider weft:keyvalue-sqlite spare\n" + globals +
                   k_exits);
  auto* stop = app.add_subcommand("stop", "stop a provider of the running host, or the host");
  stop->require_subcommand(1);
  stop->fallthrough();
  stop->footer("Examples:\n  weft stop provider spare\n  weft stop host\n" + globals);
  auto* stopped = stop->add_subcommand("provider", "stop a provider and delete the links to it");
  stopped->add_option("ID", words.stop.id, "its id or name")->required();
  stopped->footer("Examples:\n  weft stop provider spare\n" + globals + k_exits);
  stop->add_subcommand("host", "end the running host, as Ctrl-C does")
      ->footer("Answers under way finish.\n\nExamples:\n  weft stop host\n" + globals + k_exits);
}

void add_host(CLI::App& app, ControlWords& words, const std::string& globals) {
  app.add_subcommand("reload", "have the running host read its manifests again")
      ->footer("What was changed by hand ends with it.\n\nExamples:\n  weft reload\n" + globals +
               k_exits);
  auto* label = app.add_subcommand("label", "put a label on the running host, or delete one");
  label->add_option("KEY=VALUE", words.label, "the label; KEY alone with --delete")->required();
  label->add_flag("--delete", words.delete_label, "delete it");
  label->final_callback([&words] {
    const auto sign = words.label.find('=');
    if (words.delete_label ? sign != words.label.npos : sign == words.label.npos || sign == 0) {
      throw CLI::ValidationError(
          "label", words.delete_label ? "--delete takes the key alone" : "a label is KEY=VALUE");
    }
  });
  label->footer("Examples:\n  weft label zone=a\n  weft label zone --delete\n" + globals + k_exits);
}

// Later ones win. Keys in lower case, as providers have them.
contracts::Settings settings_of(const std::vector<std::string>& pairs) {
  contracts::Settings settings;
  for (const auto& pair : pairs) {
    auto read = read_variable(pair);  // checked when it was parsed
    if (!read) continue;
    for (char& c : read->first) {
      if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    }
    settings[read->first] = read->second;
  }
  return settings;
}

ControlEdit insert_of(const ControlWords& words) {
  auto insert = words.insert;
  const auto file = std::filesystem::absolute(insert.image);  // the host may run in another folder
  if (insert.id.empty()) insert.id = file.stem().string();
  insert.image = file.string();
  insert.config.values = settings_of(words.values);
  insert.beside_config.values = settings_of(words.beside_values);
  return {std::move(insert)};
}

ControlLabel label_of(const ControlWords& words) {
  if (words.delete_label) return {words.label, std::nullopt};
  const auto sign = words.label.find('=');
  return {words.label.substr(0, sign), words.label.substr(sign + 1)};  // checked when it was parsed
}

}  // namespace

void add_control(CLI::App& app, ControlWords& words, const std::string& globals) {
  add_link(app, words, globals);
  add_components(app, words, globals);
  add_providers(app, words, globals);
  add_host(app, words, globals);
  app.add_subcommand("inventory", "show what runs in the host, and what was changed by hand")
      ->footer("Examples:\n  weft inventory\n  weft inventory --output json\n" + globals + k_exits);
}

std::optional<ControlCommand> take_control(const CLI::App& app, ControlWords& words) {
  const auto* command = app.get_subcommands().front();
  const auto below = command->get_subcommands();
  const auto name = command->get_name() + (below.empty() ? "" : " " + below.front()->get_name());
  words.put.target_config.values = settings_of(words.target_values);
  words.put.source_config.values = settings_of(words.source_values);
  words.start.config.values = settings_of(words.values);
  if (name == "link put") return ControlEdit{words.put};
  if (name == "link insert") return insert_of(words);
  if (name == "link bypass") return ControlEdit{words.bypass};
  if (name == "link del") return ControlEdit{words.del};
  if (name == "link list") return ControlQuery::links;
  if (name == "scale") return ControlEdit{words.scale};
  if (name == "update") {
    // The host may run in another folder.
    return ControlEdit{control::Update{words.update_component,
                                       std::filesystem::absolute(words.update_file).string()}};
  }
  if (name == "start provider") return ControlEdit{words.start};
  if (name == "stop provider") return ControlEdit{words.stop};
  if (name == "stop host") return ControlAction::stop_host;
  if (name == "reload") return ControlAction::reload;
  if (name == "label") return label_of(words);
  if (name == "inventory") return ControlQuery::inventory;
  return std::nullopt;
}

}  // namespace weft::cli
