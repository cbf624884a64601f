// The commands that ask a running host: link, scale, update, start, stop, inventory,
// label, reload.
#pragma once
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "cli/options.h"

namespace CLI {
class App;
}

namespace weft::cli {

// What the words of these commands are read into.
struct ControlWords {
  control::PutLink put;
  control::DeleteLink del;
  control::InsertLink insert;
  control::BypassLink bypass;
  control::Scale scale;
  std::string update_component, update_file;
  control::StartProvider start;
  control::StopProvider stop;
  std::vector<std::string> source_values, target_values, values, beside_values;  // K=V
  std::string label;  // K=V, or K to delete
  bool delete_label = false;
};

// `globals`: the last lines of each help. `words` outlives `app`.
void add_control(CLI::App& app, ControlWords& words, const std::string& globals);
// The command that was parsed, if it was one of these.
using ControlCommand = std::variant<ControlEdit, ControlQuery, ControlAction, ControlLabel>;
std::optional<ControlCommand> take_control(const CLI::App& app, ControlWords& words);

}  // namespace weft::cli
