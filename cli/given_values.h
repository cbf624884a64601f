// Values of the command line that may be secret: every user of a machine can read the command lines
// of all processes, so there are other ways to give them.
#pragma once
#include <functional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "contracts/provider.h"

namespace weft::cli {

// What brings a value that does not stand on the command line. Errors say what could not be read.
struct ValueSources {
  std::function<Result<std::string>(const std::string& path)> file;
  std::function<Result<std::string>()> input;  // standard input
};
ValueSources value_sources();

// Puts what it stands for in the place of each value: of "@FILE" what the file holds, of "-" what
// standard input brings, both without a newline at the end; of "@@text" "@text". invalid: two are
// to come from standard input.
Result<> read_values(contracts::Settings& values, const ValueSources& sources);

// Whether a value as it stands on the command line shows a password: by its key, or as a URL that
// has one.
bool shows_password(std::string_view key, std::string_view value);

}  // namespace weft::cli
