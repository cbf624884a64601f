#include "host/manifest/node_reader.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>

#include "base/suggest.h"

namespace weft::manifest {
namespace {

bool is_scalar(const Node& node) {
  return node.kind != NodeKind::list && node.kind != NodeKind::map;
}

std::string found_text(const Node& node) {
  if (!is_scalar(node) || node.kind == NodeKind::null) return std::string(name(node.kind));
  constexpr std::size_t most = 40;
  if (node.scalar.size() > most)
    return fmt::format("{}, '{}…'", name(node.kind), node.scalar.substr(0, most));
  return fmt::format("{}, '{}'", name(node.kind), node.scalar);
}

// As YAML writes whole numbers: 12, +12, 0x1f, 0o17, 0b11.
std::optional<std::uint64_t> number(std::string_view text) {
  if (text.starts_with('+')) text.remove_prefix(1);
  int base = 10;
  if (text.starts_with("0x")) base = 16;
  if (text.starts_with("0o")) base = 8;
  if (text.starts_with("0b")) base = 2;
  if (base != 10) text.remove_prefix(2);
  std::uint64_t value = 0;
  const auto* end = text.data() + text.size();
  const auto [rest, problem] = std::from_chars(text.data(), end, value, base);
  if (problem != std::errc{} || rest != end) return std::nullopt;
  return value;
}

void wrong_kind(Reading& reading, const Node& node, std::string_view what, std::string_view wanted,
                std::string suggestion = {}) {
  reading.findings.error(node.at,
                         fmt::format("{} must be {}; this is {}", what, wanted, found_text(node)),
                         std::move(suggestion));
}

}  // namespace

bool is_map(Reading& reading, const Node& node, std::string_view what, Unknown unknown,
            std::span<const std::string_view> known) {
  if (node.kind != NodeKind::map) {
    wrong_kind(reading, node, what, "a map",
               node.kind == NodeKind::null ? "Its keys stand indented below it." : "");
    return false;
  }
  for (const auto& entry : node.entries) {
    if (std::ranges::find(known, entry.key) != known.end()) continue;
    auto suggestion = did_you_mean(entry.key, known);
    if (unknown == Unknown::error) {
      reading.findings.error(entry.key_at, fmt::format("`{}` is not a key of {}", entry.key, what),
                             std::move(suggestion));
    } else {
      reading.findings.warning(
          entry.key_at, fmt::format("`{}` is not a key of {}: nothing reads it", entry.key, what),
          std::move(suggestion));
    }
  }
  return true;
}

bool is_list(Reading& reading, const Node& node, std::string_view what) {
  if (node.kind == NodeKind::list) return true;
  wrong_kind(reading, node, what, "a list",
             node.kind == NodeKind::map ? "Begin each of its items with `- `."
             : node.kind == NodeKind::text
                 ? fmt::format("Write [{}] for a list of one.", node.scalar)
                 : "");
  return false;
}

const Node* require(Reading& reading, const Node& map, std::string_view what,
                    std::string_view key) {
  const auto* found = map.find(key);
  if (found == nullptr) reading.findings.error(map.at, fmt::format("{} must have `{}`", what, key));
  return found;
}

const Node* optional_value(const Node& map, std::string_view key) {
  const auto* found = map.find(key);
  return found != nullptr && found->kind == NodeKind::null ? nullptr : found;
}

std::optional<std::string> read_text(Reading& reading, const Node& node, std::string_view what,
                                     Plain plain) {
  if (node.kind == NodeKind::text) return node.scalar;
  const bool value = is_scalar(node) && node.kind != NodeKind::null;
  if (value && plain == Plain::scalars) return node.scalar;
  wrong_kind(reading, node, what, "text",
             value ? fmt::format("Write \"{}\", with quotes.", node.scalar) : "");
  return std::nullopt;
}

std::string require_text(Reading& reading, const Node& map, std::string_view what,
                         std::string_view key, Plain plain) {
  const auto* node = require(reading, map, what, key);
  if (node == nullptr) return {};
  return read_text(reading, *node, fmt::format("`{}` of {}", key, what), plain).value_or("");
}

std::optional<std::uint64_t> read_count(Reading& reading, const Node& node, std::string_view what) {
  if (node.kind == NodeKind::integer) {
    if (const auto value = number(node.scalar)) return value;
  }
  const bool quoted = node.kind == NodeKind::text && !node.scalar.empty() &&
                      node.scalar.find_first_not_of("0123456789") == std::string::npos;
  wrong_kind(reading, node, what, "a whole number from 0",
             quoted ? fmt::format("Write {}, without quotes.", node.scalar) : "");
  return std::nullopt;
}

std::vector<contracts::Setting> read_settings(Reading& reading, const Node& node,
                                              std::string_view what, Plain plain) {
  std::vector<contracts::Setting> settings;
  if (node.kind != NodeKind::map) {
    wrong_kind(reading, node, what, "a map of texts");
    return settings;
  }
  for (const auto& entry : node.entries) {
    auto value = read_text(reading, entry.value, fmt::format("`{}` in {}", entry.key, what), plain);
    if (value) settings.push_back({entry.key, std::move(*value), entry.key_at});
  }
  return settings;
}

std::string did_you_mean(std::string_view word, std::span<const std::string_view> known) {
  if (const auto near = nearest_word(word, known)) return fmt::format("Did you mean `{}`?", *near);
  std::vector<std::string_view> once;
  for (const auto one : known) {
    if (std::ranges::find(once, one) == once.end()) once.push_back(one);
  }
  return fmt::format("It takes: {}.", fmt::join(once, ", "));
}

}  // namespace weft::manifest
