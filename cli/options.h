// What a command line asks for, as data. Parsing fills it, commands read it.
#pragma once
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "base/log.h"
#include "contracts/host_service.h"
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
enum class StoreAction { put, get, list, remove };
struct ConfigOptions {
  StoreAction action = StoreAction::list;
  std::string name;
  std::vector<std::string> pairs;  // K=V
  std::vector<std::string> files;
  std::vector<std::string> variables;
};
enum class Reveal { no, yes };
struct SecretOptions {
  StoreAction action = StoreAction::list;
  std::string key;
  std::string field;
  std::optional<std::string> value;  // nothing: from standard input or the terminal
  contracts::SecretKind kind = contracts::SecretKind::text;
  Reveal reveal = Reveal::no;
  std::string file;  // empty: that of the state folder
  std::string key_file;
  std::string key_variable;
};
struct ControlEdit {
  control::Edit edit;
};
enum class ControlQuery { links, inventory };
enum class ControlAction { stop_host, reload };
struct ControlLabel {
  std::string key;
  std::optional<std::string> value;  // nullopt: it is to be deleted
};
struct Providers {};
struct Version {};
struct Completion {
  std::string shell;
};

struct Options {
  Global global;
  std::variant<Version, Up, Run, Check, Inspect, ConfigOptions, SecretOptions, ControlEdit,
               ControlQuery, ControlAction, ControlLabel, Providers, Completion>
      command;
};

}  // namespace weft::cli
