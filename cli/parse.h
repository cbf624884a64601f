// The command line as `weft --help` describes it.
#pragma once
#include <span>
#include <string>
#include <variant>

#include "cli/options.h"

namespace weft::cli {

// What is to be printed instead of running a command: help goes to standard output with Exit::ok, a
// complaint to standard error with Exit::usage.
struct Said {
  Exit exit = Exit::ok;
  std::string text;
  LogFormat log_format = LogFormat::text;  // as far as the command line could be understood
};

// `arguments` without the program's name.
std::variant<Options, Said> parse(std::span<const char* const> arguments);

// A completion script for bash, zsh or fish. usage: another shell was asked for.
Said completion_script(const std::string& shell);

}  // namespace weft::cli
