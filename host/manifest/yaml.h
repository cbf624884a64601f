// YAML or JSON text as a tree that knows where everything stands.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "host/manifest/findings.h"

namespace weft::manifest {

enum class NodeKind { null, boolean, integer, real, text, list, map };
// "a list", "the whole number", for messages.
std::string_view name(NodeKind kind);

struct Entry;

struct Node {
  NodeKind kind = NodeKind::null;
  std::string scalar;  // as written, without quotes; empty for lists and maps
  contracts::Position at;
  std::vector<Node> items;     // of a list
  std::vector<Entry> entries;  // of a map, in order; no key stands twice
  std::size_t size = 1;        // nodes in this tree

  // The value under `key` of a map; null when there is none.
  const Node* find(std::string_view key) const [[clang::lifetimebound]];
};

struct Entry {
  std::string key;
  contracts::Position key_at;
  Node value;
};

// What a manifest may be at most; more is an error, so that no text can take the process down.
constexpr std::size_t k_most_bytes = 1 << 20;
constexpr std::size_t k_most_nodes = 100'000;  // with the contents of aliases counted each time
constexpr std::size_t k_most_depth = 64;

// Nothing when there is an error, which then stands in `findings`. `file` only names the text in
// positions.
std::optional<Node> parse_yaml(std::string_view text, const std::string& file, Findings& findings);

}  // namespace weft::manifest
