#include "cli/parse_stores.h"

#include <CLI/CLI.hpp>
#include <string>

#include "cli/values.h"

namespace weft::cli {
namespace {

constexpr const char* k_exits =
    "Exit codes: 0 done, 1 failed or there is none of that name, 2 wrong command line.\n";

CLI::App& add_action(CLI::App& command, const char* name, const char* what, StoreAction& chosen,
                     StoreAction action) {
  auto* added = command.add_subcommand(name, what);
  added->callback([&chosen, action] { chosen = action; });
  added->fallthrough();
  return *added;
}

}  // namespace

void add_config(CLI::App& app, ConfigOptions& options, const std::string& globals) {
  auto* command = app.add_subcommand("config", "named configs, which manifests name");
  command->require_subcommand(1)->fallthrough();
  command->footer(
      "A manifest names one by `config: [{name: NAME}]` without properties. A host that runs takes "
      "a change over at SIGHUP.\n\nExamples:\n  weft config put shop COLOUR=blue LIMIT=10\n"
      "  weft config put shop --file shop.env --env REGION\n  weft config get shop\n" +
      globals + k_exits);
  auto& put =
      add_action(*command, "put", "store a config, in the place of the one that has the name",
                 options.action, StoreAction::put);
  put.add_option("NAME", options.name, "its name")->required();
  put.add_option("KEY=VALUE", options.pairs, "a key and its value");
  put.add_option("--file", options.files,
                 "a file of lines KEY=VALUE, or a JSON object of texts; others override it")
      ->allow_extra_args(false);
  put.add_option("--env", options.variables, "an environment variable to take over under its name")
      ->allow_extra_args(false);
  auto& get = add_action(*command, "get", "print a config", options.action, StoreAction::get);
  get.add_option("NAME", options.name, "its name")->required();
  add_action(*command, "list", "print the names of all configs", options.action, StoreAction::list);
  auto& remove =
      add_action(*command, "delete", "remove a config", options.action, StoreAction::remove);
  remove.add_option("NAME", options.name, "its name")->required();
}

}  // namespace weft::cli
