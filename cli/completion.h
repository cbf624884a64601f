// Completion scripts, made from the same table that parses the command line.
#pragma once
#include <optional>
#include <string>
#include <vector>

namespace weft::cli {

enum class FlagValue { none, follows };

struct CompletedFlag {
  std::string name;  // "--admin"
  FlagValue value = FlagValue::none;
  std::vector<std::string> words;  // that its value can be; empty: a file or anything
};

enum class CommandKind { command, group };

struct CompletedCommand {
  std::string name;  // "check"; of a command of a group "link put"
  std::string description;
  std::vector<CompletedFlag> flags;  // of its own
  std::vector<std::string> words;    // that its argument can be; empty: a file
  CommandKind kind = CommandKind::command;
};

struct Completed {
  std::vector<CompletedFlag> global;  // before and behind every command
  std::vector<CompletedCommand> commands;
  std::vector<CompletedCommand> below;  // the commands of groups
};

// Nothing for shells other than bash, zsh and fish.
std::optional<std::string> completion(const std::string& shell, const Completed& completed);

}  // namespace weft::cli
