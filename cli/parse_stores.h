// The commands on the stores of a host's state folder, as the command line has them.
#pragma once
#include <string>

#include "cli/options.h"

namespace CLI {
class App;
}

namespace weft::cli {

// Adds `config` with its commands below; what the command line says goes to `options`. `globals`:
// the lines about options of every command.
void add_config(CLI::App& app, ConfigOptions& options, const std::string& globals);

// The same for `secret`.
void add_secret(CLI::App& app, SecretOptions& options, const std::string& globals);

}  // namespace weft::cli
