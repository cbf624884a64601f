#include "cli/completion.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace weft::cli {
namespace {

std::string names(std::span<const CompletedCommand> commands) {
  std::string text;
  for (const auto& command : commands) text += (text.empty() ? "" : " ") + command.name;
  return text;
}

std::string bash(std::span<const CompletedCommand> commands) {
  std::string cases;
  for (const auto& command : commands) {
    cases += fmt::format("    {}) words='{}' ;;\n", command.name, fmt::join(command.flags, " "));
  }
  return fmt::format(R"(_weft() {{
  local current=${{COMP_WORDS[COMP_CWORD]}} words='{}'
  case ${{COMP_WORDS[1]}} in
{}  esac
  if [ "$COMP_CWORD" -gt 1 ] && [[ $current != -* ]]; then
    COMPREPLY=($(compgen -f -- "$current"))
  else
    COMPREPLY=($(compgen -W "$words" -- "$current"))
  fi
}}
complete -o filenames -F _weft weft
)",
                     names(commands), cases);
}

std::string zsh(std::span<const CompletedCommand> commands) {
  std::string list, cases;
  for (const auto& command : commands) {
    list += fmt::format("    '{}:{}'\n", command.name, command.description);
    cases += fmt::format("    {}) compadd -- {} ;;\n", command.name, fmt::join(command.flags, " "));
  }
  return fmt::format(R"(#compdef weft
_weft() {{
  local -a commands=(
{})
  if (( CURRENT == 2 )); then _describe command commands; return; fi
  if [[ $words[CURRENT] != -* ]]; then _files; return; fi
  case $words[2] in
{}  esac
}}
compdef _weft weft
)",
                     list, cases);
}

std::string fish(std::span<const CompletedCommand> commands) {
  std::string text;
  for (const auto& command : commands) {
    text += fmt::format("complete -c weft -n __fish_use_subcommand -a {} -d '{}'\n", command.name,
                        command.description);
    for (const auto& flag : command.flags) {
      text += fmt::format("complete -c weft -n '__fish_seen_subcommand_from {}' -l {}\n",
                          command.name, flag.substr(2));
    }
  }
  return text;
}

}  // namespace

std::optional<std::string> completion(const std::string& shell,
                                      std::span<const CompletedCommand> commands) {
  if (shell == "bash") return bash(commands);
  if (shell == "zsh") return zsh(commands);
  if (shell == "fish") return fish(commands);
  return std::nullopt;
}

}  // namespace weft::cli
