#include "cli/values.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <filesystem>
#include <string_view>
#include <system_error>

#include "base/suggest.h"
#include "net/listen.h"

namespace weft::cli {
namespace {

Result<std::pair<std::string, std::string>> split(const std::string& text, std::string_view between,
                                                  std::string_view form) {
  const auto at = text.find(between);
  if (at == text.npos || at == 0)
    return fail(Errc::invalid, fmt::format("it takes {}; not '{}'", form, text));
  return std::pair(text.substr(0, at), text.substr(at + between.size()));
}

}  // namespace

Result<> read_limit(const std::string& text, contracts::Limits& limits) {
  const auto specs = contracts::limit_specs();
  std::vector<std::string_view> known;
  for (const auto& one : specs) known.push_back(one.key);
  const auto key = text.substr(0, text.find('='));
  const auto spec = std::ranges::find(specs, std::string_view(key), &contracts::LimitSpec::key);
  if (spec == specs.end()) {
    const auto near = nearest_word(key, known);
    return fail(Errc::invalid,
                fmt::format("there is no limit '{}'{}", key,
                            near ? fmt::format("\nDid you mean '{}'?", *near)
                                 : fmt::format("; there are {}", fmt::join(known, ", "))));
  }
  TRY(const auto pair, split(text, "=", "KEY=VALUE, such as cpu_time=2s or memory=64MiB"));
  TRY(limits.*(spec->value), contracts::parse_limit(*spec, pair.second));
  return {};
}

Result<contracts::Limits> program_limits(const std::vector<std::string>& flags) {
  contracts::Limits limits;
  limits.cpu_time = limits.response_time = 0;
  for (const auto& flag : flags) TRY_OK(read_limit(flag, limits));
  return limits;
}

Result<std::pair<std::string, std::string>> read_variable(const std::string& text) {
  return split(text, "=", "KEY=VALUE");
}

Result<std::pair<std::string, std::string>> read_folder(const std::string& text) {
  TRY(auto pair, split(text, "::", "HOST::GUEST, such as .::/data"));
  std::error_code error;
  if (std::filesystem::is_directory(pair.first, error)) return pair;
  const auto what =
      std::filesystem::exists(pair.first, error) ? "is not a folder" : "does not exist";
  return fail(Errc::not_found, fmt::format("the folder '{}' {}", pair.first, what));
}

Result<> check_address(const std::string& text) {
  TRY_OK(net::ListenAddress::parse(text));
  return {};
}

}  // namespace weft::cli
