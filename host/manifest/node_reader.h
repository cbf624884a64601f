// Typed access to a tree of YAML: whatever is not as it should be becomes a finding at its place,
// and reading goes on.
#pragma once
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "host/manifest/findings.h"
#include "host/manifest/providers.h"
#include "host/manifest/yaml.h"

namespace weft::manifest {

// What reading carries along.
struct Reading {
  const std::string& file;
  const Providers& providers;
  Findings& findings;
  std::string application;  // the manifest's name, for ids
};

// What a key that is not known means: wadm refuses it in some places and does not look at it in
// others.
enum class Unknown { error, warning };
// Whether numbers and booleans without quotes pass as text: wadm lets them outside spec.components.
enum class Plain { text_only, scalars };

// Whether `node` is a map; says so if not, and speaks about keys that are not in `known`. `what`:
// "a link's properties".
bool is_map(Reading& reading, const Node& node, std::string_view what, Unknown unknown,
            std::span<const std::string_view> known);
bool is_list(Reading& reading, const Node& node, std::string_view what);

// The value under `key`; a missing one is an error at the map.
const Node* require(Reading& reading, const Node& map, std::string_view what, std::string_view key);
// The value under `key`; null when it is missing or empty (null), as where wadm has an option.
const Node* optional_value(const Node& map, std::string_view key);

std::optional<std::string> read_text(Reading& reading, const Node& node, std::string_view what,
                                     Plain plain = Plain::text_only);
// require() and read_text() in one; empty after an error.
std::string require_text(Reading& reading, const Node& map, std::string_view what,
                         std::string_view key, Plain plain = Plain::text_only);
// A whole number from 0.
std::optional<std::uint64_t> read_count(Reading& reading, const Node& node, std::string_view what);
// A map of strings.
std::vector<contracts::Setting> read_settings(Reading& reading, const Node& node,
                                              std::string_view what,
                                              Plain plain = Plain::text_only);

// "Did you mean `x`?", or else "It takes: a, b, c."
std::string did_you_mean(std::string_view word, std::span<const std::string_view> known);

}  // namespace weft::manifest
