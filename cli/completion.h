// Completion scripts, made from the same table that parses the command line.
#pragma once
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace weft::cli {

struct CompletedCommand {
  std::string name;
  std::string description;
  std::vector<std::string> flags;  // "--admin"
};

// Nothing for shells other than bash, zsh and fish.
std::optional<std::string> completion(const std::string& shell,
                                      std::span<const CompletedCommand> commands);

}  // namespace weft::cli
