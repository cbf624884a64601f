#include "cli/completion.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <map>
#include <span>

namespace weft::cli {
namespace {

std::string names(std::span<const CompletedFlag> flags) {
  std::string text;
  for (const auto& flag : flags) text += (text.empty() ? "" : " ") + flag.name;
  return text;
}

std::string names(std::span<const CompletedCommand> commands) {
  std::string text;
  for (const auto& command : commands) text += (text.empty() ? "" : " ") + command.name;
  return text;
}

std::vector<CompletedCommand> every(const Completed& completed) {
  auto all = completed.commands;
  all.insert(all.end(), completed.below.begin(), completed.below.end());
  return all;
}

// Every flag that has a value, once; with the words that it can be.
std::map<std::string, std::vector<std::string>> with_value(const Completed& completed) {
  std::map<std::string, std::vector<std::string>> found;
  const auto add = [&found](const std::vector<CompletedFlag>& flags) {
    for (const auto& flag : flags) {
      if (flag.value == FlagValue::follows) found.emplace(flag.name, flag.words);
    }
  };
  add(completed.global);
  for (const auto& command : every(completed)) add(command.flags);
  return found;
}

// The groups, with something between them.
std::string groups(const Completed& completed, std::string_view between) {
  std::vector<std::string> found;
  for (const auto& command : completed.commands) {
    if (command.kind == CommandKind::group) found.push_back(command.name);
  }
  return fmt::format("{}", fmt::join(found, between));
}

std::string bash(const Completed& completed) {
  std::string values, taking, flags, words;
  for (const auto& [flag, choices] : with_value(completed)) {
    taking += (taking.empty() ? "" : "|") + flag;
    if (!choices.empty())
      values += fmt::format("    {}) words='{}' ;;\n", flag, fmt::join(choices, " "));
  }
  for (const auto& command : every(completed)) {
    flags += fmt::format("      '{}') words+=' {}' ;;\n", command.name, names(command.flags));
    if (!command.words.empty())
      words +=
          fmt::format("      '{}') words='{}' ;;\n", command.name, fmt::join(command.words, " "));
  }
  return fmt::format(R"(_weft() {{
  local current=${{COMP_WORDS[COMP_CWORD]}} before=${{COMP_WORDS[COMP_CWORD-1]}} command= words= i
  if [[ $current == = ]]; then current=; elif [[ $before == = ]]; then before=${{COMP_WORDS[COMP_CWORD-2]}}; fi
  for ((i = 1; i < COMP_CWORD; i++)); do
    case ${{COMP_WORDS[i]}} in
      {taking}) ((i++)); [[ ${{COMP_WORDS[i]}} == = ]] && ((i++)) ;;
      -*) ;;
      *) command+=${{command:+ }}${{COMP_WORDS[i]}}
         case $command in {groups}) ;; *) break ;; esac ;;
    esac
  done
  case $before in
{values}    {taking}) ;;
    *) before= ;;
  esac
  if [[ -z $before && $current == -* ]]; then
    words='{global}'
    case $command in
{flags}    esac
  elif [[ -z $before && -z $command ]]; then
    words='{commands}'
  elif [[ -z $before ]]; then
    case $command in
{words}    esac
  fi
  if [[ -n $words ]]; then
    mapfile -t COMPREPLY < <(compgen -W "$words" -- "$current")
  else
    mapfile -t COMPREPLY < <(compgen -f -- "$current")
  fi
}}
complete -o filenames -F _weft weft
)",
                     fmt::arg("taking", taking), fmt::arg("values", values),
                     fmt::arg("groups", groups(completed, "|")),
                     fmt::arg("global", names(completed.global)), fmt::arg("flags", flags),
                     fmt::arg("commands", names(completed.commands)), fmt::arg("words", words));
}

std::string zsh(const Completed& completed) {
  std::string list, flags, words, values, taking;
  for (const auto& command : completed.commands) {
    list += fmt::format("    '{}:{}'\n", command.name, command.description);
  }
  for (const auto& command : every(completed)) {
    flags += fmt::format("      '{}') flags+=({}) ;;\n", command.name, names(command.flags));
    if (!command.words.empty())
      words += fmt::format("    '{}') compadd -- {}; return ;;\n", command.name,
                           fmt::join(command.words, " "));
  }
  for (const auto& [flag, choices] : with_value(completed)) {
    taking += (taking.empty() ? "" : "|") + flag;
    if (!choices.empty())
      values += fmt::format("    {}) compadd -- {}; return ;;\n", flag, fmt::join(choices, " "));
  }
  return fmt::format(R"(#compdef weft
_weft() {{
  local -a commands=(
{list})
  local -a flags=({global})
  local command= before=$words[CURRENT-1] i
  for ((i = 2; i < CURRENT; i++)); do
    case $words[i] in
      {taking}) ((i++)) ;;
      -*) ;;
      *) command+=${{command:+ }}$words[i]
         case $command in {groups}) ;; *) break ;; esac ;;
    esac
  done
  if [[ $words[CURRENT] == --*=* ]]; then before=${{words[CURRENT]%%=*}}; compset -P '*='; fi
  case $before in
{values}    {taking}) _files; return ;;
  esac
  if [[ $words[CURRENT] == -* ]]; then
    case $command in
{flags}    esac
    compadd -- $flags
    return
  fi
  if [[ -z $command ]]; then _describe command commands; return; fi
  case $command in
{words}  esac
  _files
}}
if [[ $funcstack[1] == _weft ]]; then _weft "$@"; else compdef _weft weft; fi
)",
                     fmt::arg("list", list), fmt::arg("groups", groups(completed, "|")),
                     fmt::arg("global", names(completed.global)), fmt::arg("taking", taking),
                     fmt::arg("values", values), fmt::arg("flags", flags),
                     fmt::arg("words", words));
}

std::string fish_flag(const std::string& condition, const CompletedFlag& flag) {
  std::string more;
  if (flag.value == FlagValue::follows) more += " -r";
  if (!flag.words.empty()) more += fmt::format(" -f -a '{}'", fmt::join(flag.words, " "));
  return fmt::format("complete -c weft{} -l {}{}\n", condition, flag.name.substr(2), more);
}

// fish's own __fish_use_subcommand takes the value of a flag for a command.
std::string fish_command(const Completed& completed) {
  std::string taking;
  for (const auto& [flag, choices] : with_value(completed)) taking += " " + flag;
  return fmt::format(R"(function __weft_command
  set -l words (commandline -opc)
  set -l found
  set -e words[1]
  while set -q words[1]
    switch $words[1]
      case{}
        set -e words[1..2]
      case '-*'
        set -e words[1]
      case '*'
        set -a found $words[1]
        set -e words[1]
        contains -- "$found" {}; or break
    end
  end
  echo "$found"
end
)",
                     taking, groups(completed, " "));
}

std::string fish(const Completed& completed) {
  std::string text = fish_command(completed);
  for (const auto& flag : completed.global) text += fish_flag("", flag);
  for (const auto& command : completed.commands) {
    text += fmt::format("complete -c weft -n 'test -z \"$(__weft_command)\"' -f -a {} -d '{}'\n",
                        command.name, command.description);
  }
  for (const auto& command : every(completed)) {
    const auto behind = fmt::format(" -n 'test \"$(__weft_command)\" = \"{}\"'", command.name);
    for (const auto& flag : command.flags) text += fish_flag(behind, flag);
    if (!command.words.empty()) {
      text += fmt::format("complete -c weft{} -f -a '{}'\n", behind, fmt::join(command.words, " "));
    }
  }
  return text;
}

}  // namespace

std::optional<std::string> completion(const std::string& shell, const Completed& completed) {
  if (shell == "bash") return bash(completed);
  if (shell == "zsh") return zsh(completed);
  if (shell == "fish") return fish(completed);
  return std::nullopt;
}

}  // namespace weft::cli
