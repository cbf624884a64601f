// What a command line asks for, as data. Parsing fills it, commands read it.
#pragma once
#include <cstdint>
#include <filesystem>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "base/log.h"
#include "host/control/edits.h"

namespace weft::cli {

// Documented in `weft --help`.
enum class Exit : int {
  ok = 0,
  failed = 1,   // could not be done, or ended by an error
  usage = 2,    // the command line is wrong
  invalid = 3,  // a manifest or component is wrong
};

enum class Output { text, json };

struct Global {
  LogLevel log_level = LogLevel::info;
  LogFormat log_format = LogFormat::text;
  Output output = Output::text;
  std::filesystem::path state_dir;  // empty: $XDG_STATE_HOME/weft, ~/.local/state/weft
  std::filesystem::path cache_dir;  // empty: $XDG_CACHE_HOME/weft, ~/.cache/weft
};

enum class AccessLog { off, on };

// What `up` and `run` share.
struct Serving {
  unsigned threads = 0;  // 0: one per CPU
  std::string admin;     // host:port of /livez, /readyz, /metrics; empty: none
  AccessLog access_log = AccessLog::off;
};

struct Up {
  std::vector<std::filesystem::path> manifests;
  Serving serving;
};
struct Run {
  std::filesystem::path file;
  std::vector<std::string> arguments;
  std::string address = "127.0.0.1:8000";
  std::vector<std::string> directories;  // HOST::GUEST
  std::vector<std::string> environment;  // K=V
  std::vector<std::string> limits;       // KEY=VALUE
  Serving serving;
};
struct Check {
  std::vector<std::filesystem::path> manifests;
};
enum class InspectWit { no, yes };
struct Inspect {
  std::filesystem::path file;
  InspectWit wit = InspectWit::no;
};
struct ControlEdit {
  control::Edit edit;
};
enum class ControlQuery { links, inventory };
struct Providers {};
struct Version {};
struct Completion {
  std::string shell;
};

struct Options {
  Global global;
  std::variant<Version, Up, Run, Check, Inspect, ControlEdit, ControlQuery, Providers, Completion>
      command;
};

}  // namespace weft::cli
