// What the commands find around them: the program gives it, tests give something else.
#pragma once
#include <filesystem>
#include <functional>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/log.h"
#include "cli/options.h"
#include "contracts/adapter.h"
#include "host/manifest/providers.h"
#include "net/listen.h"

namespace weft::cli {

struct Surroundings {
  std::function<void(std::string_view)> out;        // standard output
  std::function<void(std::string_view)> err;        // standard error
  LogColour colour = LogColour::no;                 // of err
  LogColour out_colour = LogColour::no;             // of out
  std::vector<const contracts::Adapter*> adapters;  // each outlives the command
  const manifest::Providers& providers;
  const Clock& clock;
  net::Network& network;
  Random& random;
};

// The folders of the options, or XDG's defaults. invalid: neither is set and there is no HOME.
// denied: the cache's path is not a folder.
Result<std::filesystem::path> state_dir(const Global& global);
Result<std::filesystem::path> cache_dir(const Global& global);

}  // namespace weft::cli
