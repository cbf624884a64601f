// The values of flags that have a form of their own. The command line is checked by these, and the
// commands read it by them.
#pragma once
#include <string>
#include <utility>
#include <vector>

#include "base/result.h"
#include "contracts/limits.h"

namespace weft::cli {

// "memory=64MiB": sets it. invalid: no such limit, with the one that was likely meant; no value;
// not a value of it.
Result<> read_limit(const std::string& text, contracts::Limits& limits);
// Of a program that was started at a terminal: it runs as long as it likes, unless one of `flags`
// says otherwise.
Result<contracts::Limits> program_limits(const std::vector<std::string>& flags);
// "K=V".
Result<std::pair<std::string, std::string>> read_variable(const std::string& text);
// "HOST::GUEST". invalid: of another form; not_found: HOST is not a folder.
Result<std::pair<std::string, std::string>> read_folder(const std::string& text);
// "HOST:PORT".
Result<> check_address(const std::string& text);

}  // namespace weft::cli
