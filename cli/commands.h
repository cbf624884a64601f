// The commands. Each takes its options, does its work, and answers the exit code.
#pragma once
#include "cli/options.h"
#include "cli/surroundings.h"

namespace weft::cli {

// Errors go to standard error, where they say what was wrong and what would mend it.
Exit run_up(const Global& global, const Up& options, Surroundings& around);
// For a command component the code it exits with, else as for `up`.
int run_run(const Global& global, const Run& options, Surroundings& around);
Exit run_check(const Global& global, const Check& options, Surroundings& around);
Exit run_config(const Global& global, const ConfigOptions& options, Surroundings& around);
Exit run_secret(const Global& global, const SecretOptions& options, Surroundings& around);
Exit run_inspect(const Global& global, const Inspect& options, Surroundings& around);
// Errors of the host that is asked: what it has against the edit, in its words.
Exit run_control(const Global& global, const ControlEdit& options, Surroundings& around);
Exit run_control(const Global& global, ControlQuery options, Surroundings& around);
Exit run_control(const Global& global, ControlAction options, Surroundings& around);
Exit run_control(const Global& global, const ControlLabel& options, Surroundings& around);
Exit run_providers(const Global& global, Surroundings& around);
Exit run_version(const Global& global, Surroundings& around);

// Parses and runs: the whole program but for what main() wires.
int run_command_line(std::span<const char* const> arguments, Surroundings& around);

// The exit code that goes with an error.
Exit exit_of(const Error& error);
// Prints `weft: ` and the error, or a record where the log is made of records; answers the exit
// code that goes with it.
Exit say_error(const Error& error, const Global& global, Surroundings& around);

}  // namespace weft::cli
