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

void add_key(CLI::App& action, SecretOptions& options) {
  action.add_option("--file", options.file,
                    "the file of secrets (default: `secrets` in the state folder)");
  auto* file = action.add_option("--key-file", options.key_file, "a file that holds its key");
  action
      .add_option("--key-env", options.key_variable,
                  "the environment variable that holds its key (default: WEFT_SECRETS_KEY, then "
                  "the terminal is asked)")
      ->excludes(file);
}

CLI::App& add_named(CLI::App& command, const char* name, const char* what, SecretOptions& options,
                    StoreAction action) {
  auto& added = add_action(command, name, what, options.action, action);
  added.add_option("KEY", options.key, "its key")->required();
  added.add_option("--field", options.field, "its field, when the key has several");
  add_key(added, options);
  return added;
}

}  // namespace

void add_secret(CLI::App& app, SecretOptions& options, const std::string& globals) {
  auto* command =
      app.add_subcommand("secret", "secrets in an encrypted file, which manifests name");
  command->require_subcommand(1)->fallthrough();
  command->footer(
      "The key of the file is 64 hexadecimal digits, or a pass phrase.\n\nExamples:\n"
      "  openssl rand -hex 32 > key && chmod 600 key\n"
      "  weft secret put db --field password --key-file key < password.txt\n"
      "  weft secret get db --field password --reveal --key-file key\n" +
      globals + k_exits);
  auto& put = add_named(*command, "put",
                        "store a secret: its value comes from standard input, or is asked for",
                        options, StoreAction::put);
  put.add_option("--value", options.value,
                 "the value; others can see the command line, so better not");
  put.add_flag_callback(
      "--bytes", [&options] { options.kind = contracts::SecretKind::bytes; },
      "it is no text; nothing is cut off at its end");
  auto& get =
      add_named(*command, "get", "tell whether there is a secret", options, StoreAction::get);
  get.add_flag_callback(
      "--reveal", [&options] { options.reveal = Reveal::yes; }, "print its value");
  auto& list = add_action(*command, "list", "print the keys of all secrets", options.action,
                          StoreAction::list);
  add_key(list, options);
  add_named(*command, "delete", "remove a secret", options, StoreAction::remove);
}

void add_config(CLI::App& app, ConfigOptions& options, const std::string& globals) {
  auto* command = app.add_subcommand("config", "named configs, which manifests name");
  command->require_subcommand(1)->fallthrough();
  command->footer(
      "A manifest names one by `config: [{name: NAME}]` without properties. A host that runs takes "
      "a change over with `weft reload`.\n\nExamples:\n  weft config put shop COLOUR=blue "
      "LIMIT=10\n"
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
