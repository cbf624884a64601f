#include "cli/given_values.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <iterator>
#include <utility>

#include "base/bytes.h"
#include "host/secrets/key_source.h"

namespace weft::cli {
namespace {

constexpr std::size_t k_given_bytes = 1 << 20;
constexpr std::array<std::string_view, 4> k_telling = {"password", "secret", "token", "credential"};

std::string without_newline(std::string text) {
  if (text.ends_with('\n')) text.pop_back();
  if (text.ends_with('\r')) text.pop_back();
  return text;
}

Result<std::string> read_whole(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  std::string text{std::istreambuf_iterator<char>(in), {}};
  if (!in) return fail(Errc::not_found, fmt::format("{} cannot be read", path));
  return text;
}

Result<std::string> read_standard_input() {
  TRY(const auto bytes, secrets::read_input(k_given_bytes));
  return std::string(text_of(bytes.bytes()));
}

}  // namespace

ValueSources value_sources() { return {read_whole, read_standard_input}; }

Result<> read_values(contracts::Settings& values, const ValueSources& sources) {
  std::string from_input;  // the key
  for (auto& [key, value] : values) {
    if (value == "-") {
      if (!from_input.empty()) {
        return fail(Errc::invalid, fmt::format("'{}' and '{}' cannot both come from standard input",
                                               from_input, key));
      }
      from_input = key;
      TRY(auto text, sources.input());
      value = without_newline(std::move(text));
    } else if (value.starts_with("@@")) {
      value.erase(0, 1);
    } else if (value.starts_with('@')) {
      TRY(auto text, sources.file(value.substr(1)).context("the value of " + key));
      value = without_newline(std::move(text));
    }
  }
  return {};
}

bool shows_password(std::string_view key, std::string_view value) {
  if (value.empty() || value == "-" || (value.starts_with('@') && !value.starts_with("@@")))
    return false;
  if (std::ranges::any_of(k_telling, [key](auto word) { return key.contains(word); })) return true;
  const auto begin = value.find("://");
  if (begin == value.npos) return false;
  const auto authority = value.substr(begin + 3, value.find_first_of("/?#", begin + 3) - begin - 3);
  const auto at = authority.rfind('@');
  return at != authority.npos && authority.substr(0, at).contains(':');
}

}  // namespace weft::cli
