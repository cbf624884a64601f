// The only file that includes yaml-cpp: its exceptions become findings here.
#include "host/manifest/yaml.h"

#include <fmt/format.h>

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include <map>
#include <sstream>

namespace weft::manifest {
namespace {

using contracts::Position;

bool all_digits(std::string_view text) {
  return !text.empty() && text.find_first_not_of("0123456789") == text.npos;
}

bool is_integer(std::string_view text) {
  if (text.starts_with('+') || text.starts_with('-')) text.remove_prefix(1);
  const auto radix = [&](std::string_view prefix, std::string_view digits) {
    return text.size() > 2 && text.starts_with(prefix) &&
           text.substr(2).find_first_not_of(digits) == text.npos;
  };
  if (radix("0x", "0123456789abcdefABCDEF") || radix("0o", "01234567") || radix("0b", "01"))
    return true;
  return all_digits(text) && (text.size() == 1 || text[0] != '0');
}

bool is_real(std::string_view text) {
  if (text.starts_with('+') || text.starts_with('-')) text.remove_prefix(1);
  if (text == ".inf" || text == ".Inf" || text == ".INF" || text == ".nan" || text == ".NaN" ||
      text == ".NAN") {
    return true;
  }
  if (const auto e = text.find_first_of("eE"); e != text.npos) {
    auto exponent = text.substr(e + 1);
    if (exponent.starts_with('+') || exponent.starts_with('-')) exponent.remove_prefix(1);
    if (!all_digits(exponent)) return false;
    text = text.substr(0, e);
    if (all_digits(text)) return text.size() == 1 || text[0] != '0';
  }
  const auto dot = text.find('.');
  if (dot == text.npos) return false;
  const auto whole = text.substr(0, dot);
  const auto rest = text.substr(dot + 1);
  if (whole.size() > 1 && whole[0] == '0') return false;
  return (all_digits(whole) && (rest.empty() || all_digits(rest))) ||
         (whole.empty() && all_digits(rest));
}

// YAML 1.2's core schema, as serde_yaml reads it: leading zeros make text.
NodeKind kind_of_plain(std::string_view text) {
  if (text == "true" || text == "True" || text == "TRUE" || text == "false" || text == "False" ||
      text == "FALSE") {
    return NodeKind::boolean;
  }
  if (is_integer(text)) return NodeKind::integer;
  if (is_real(text)) return NodeKind::real;
  return NodeKind::text;
}

Node make(NodeKind kind, Position at) {
  Node node;
  node.kind = kind;
  node.at = std::move(at);
  return node;
}

// Builds the tree of one document from the parser's events. After a problem it only waits for the
// end.
class Builder final : public YAML::EventHandler {
 public:
  Builder(const std::string& file, Findings& findings) : file_(file), findings_(findings) {}

  std::optional<Node> take() {
    if (stopped_ || !done_) return std::nullopt;
    return std::move(root_);
  }
  const Position& start() const { return start_; }

  void OnDocumentStart(const YAML::Mark& mark) override { start_ = at(mark); }
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    add(make(NodeKind::null, at(mark)), anchor);
  }
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    if (stopped_) return;
    const auto found = anchors_.find(anchor);
    if (found == anchors_.end()) return stop(at(mark), "this alias stands inside what it repeats");
    if (count(found->second.size, at(mark))) place(found->second);
  }
  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override {
    const bool plain = tag == "?" || tag.empty();
    auto node = make(plain ? kind_of_plain(value) : NodeKind::text, at(mark));
    node.scalar = value;
    add(std::move(node), anchor);
  }
  void OnSequenceStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    open(make(NodeKind::list, at(mark)), anchor);
  }
  void OnSequenceEnd() override { close(); }
  void OnMapStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    open(make(NodeKind::map, at(mark)), anchor);
  }
  void OnMapEnd() override { close(); }

 private:
  struct Open {
    Node node;
    YAML::anchor_t anchor;
    std::optional<std::string> key;
    Position key_at;
  };

  Position at(const YAML::Mark& mark) const {
    return {file_, static_cast<std::uint32_t>(mark.line + 1),
            static_cast<std::uint32_t>(mark.column + 1)};
  }
  void stop(Position position, std::string message) {
    if (!stopped_) findings_.error(std::move(position), std::move(message));
    stopped_ = true;
  }

  void open(Node node, YAML::anchor_t anchor) {
    if (stopped_) return;
    if (open_.size() >= k_most_depth) {
      return stop(node.at, fmt::format("this is nested more than {} levels deep", k_most_depth));
    }
    if (!open_.empty() && open_.back().node.kind == NodeKind::map && !open_.back().key) {
      return stop(node.at, "a key is text, not a list or a map");
    }
    open_.push_back({std::move(node), anchor, std::nullopt, {}});
  }

  void close() {
    if (stopped_) return;
    auto closed = std::move(open_.back());
    open_.pop_back();
    add(std::move(closed.node), closed.anchor);
  }

  // Aliases copy what they repeat: a tree must not outgrow the bound through them.
  bool count(std::size_t nodes, const Position& position) {
    total_ += nodes;
    if (total_ > k_most_nodes) {
      stop(position,
           fmt::format("this has more than {} values, those behind aliases counted each time",
                       k_most_nodes));
    }
    return !stopped_;
  }

  void add(Node node, YAML::anchor_t anchor) {
    if (stopped_ || !count(1, node.at)) return;
    if (anchor != 0) {
      if (!count(node.size, node.at)) return;
      anchors_[anchor] = node;
    }
    place(std::move(node));
  }

  void place(Node node) {
    if (open_.empty()) {
      root_ = std::move(node);
      done_ = true;
      return;
    }
    auto& parent = open_.back();
    if (parent.node.kind == NodeKind::map && !parent.key) return add_key(parent, node);
    parent.node.size += node.size;
    if (parent.node.kind == NodeKind::list) {
      parent.node.items.push_back(std::move(node));
      return;
    }
    parent.node.entries.push_back(
        {std::move(*parent.key), std::move(parent.key_at), std::move(node)});
    parent.key.reset();
  }

  void add_key(Open& parent, const Node& node) {
    if (node.kind == NodeKind::list || node.kind == NodeKind::map) {
      return stop(node.at, "a key is text, not a list or a map");
    }
    if (const auto* earlier = parent.node.find(node.scalar)) {
      return stop(node.at, fmt::format("`{}` stands here a second time; the first is on line {}",
                                       node.scalar, earlier->at.line));
    }
    parent.key = node.scalar;
    parent.key_at = node.at;
  }

  const std::string& file_;
  Findings& findings_;
  std::vector<Open> open_;
  std::map<YAML::anchor_t, Node> anchors_;
  Node root_;
  Position start_;
  std::size_t total_ = 0;
  bool done_ = false, stopped_ = false;
};

std::string_view line_of(std::string_view text, std::size_t line) {
  for (; line > 1; --line) {
    const auto end = text.find('\n');
    if (end == text.npos) return {};
    text.remove_prefix(end + 1);
  }
  return text.substr(0, text.find('\n'));
}

// The parser's words are for people who know its grammar; the usual mistakes get their own.
void report(const YAML::Exception& problem, std::string_view text, const std::string& file,
            Findings& findings) {
  Position at{file, 1, 1};
  if (!problem.mark.is_null()) {
    at.line = static_cast<std::uint32_t>(problem.mark.line + 1);
    at.column = static_cast<std::uint32_t>(problem.mark.column + 1);
  }
  const auto line = line_of(text, at.line);
  const auto indent = line.substr(0, line.find_first_not_of(" \t"));
  if (const auto tab = indent.find('\t'); tab != indent.npos) {
    at.column = static_cast<std::uint32_t>(tab + 1);
    return findings.error(at, "this line is indented with a tab",
                          "YAML is indented with spaces only.");
  }
  findings.error(at, fmt::format("this is not YAML: {}", problem.msg),
                 "Look at the indentation, at missing spaces after `:` and `-`, and at open quotes "
                 "or brackets, here "
                 "and in the line above.");
}

// JSON writes characters beyond U+FFFF as two \u escapes, which YAML has no meaning for: one \U
// instead.
std::string join_surrogates(std::string_view text) {
  std::string made;
  const auto unit = [&](std::size_t i) -> std::uint32_t {
    if (i + 6 > text.size() || text[i] != '\\' || text[i + 1] != 'u') return 0;
    std::uint32_t value = 0;
    for (const char c : text.substr(i + 2, 4)) {
      const auto digit = std::string_view("0123456789abcdef").find(static_cast<char>(c | 0x20));
      if (digit == std::string_view::npos) return 0;
      value = value * 16 + static_cast<std::uint32_t>(digit);
    }
    return value;
  };
  for (std::size_t i = 0; i < text.size();) {
    const auto high = unit(i);
    if (high >= 0xd800 && high < 0xdc00) {
      const auto low = unit(i + 6);
      if (low >= 0xdc00 && low < 0xe000) {
        made += fmt::format("\\U{:08x}", 0x10000 + ((high - 0xd800) << 10) + (low - 0xdc00));
        i += 12;
        continue;
      }
    }
    const std::size_t step = text[i] == '\\' ? 2 : 1;
    made += text.substr(i, step);
    i += step;
  }
  return made;
}

// The parser takes the end of the text for the end of a quoted scalar if a line end stands before
// it; without that it throws, so a reading without the last line ends finds quotes that were never
// closed.
void check_quotes(std::string_view text) {
  std::istringstream stream(std::string(text.substr(0, text.find_last_not_of(" \t\r\n") + 1)));
  YAML::Parser parser(stream);
  const std::string nowhere;
  Findings unread;
  Builder builder(nowhere, unread);
  // Once more than the one document that may be there; never in a loop: before a stray bracket the
  // parser stands still.
  if (parser.HandleNextDocument(builder)) (void)parser.HandleNextDocument(builder);
}

// Throws what the parser throws.
std::optional<Node> parse_one(const std::string& text, const std::string& file,
                              Findings& findings) {
  std::istringstream stream(text);
  YAML::Parser parser(stream);
  Builder builder(file, findings);
  if (!parser.HandleNextDocument(builder)) {
    findings.error({file, 0, 0}, "the manifest is empty");
    return std::nullopt;
  }
  auto tree = builder.take();
  Findings unread;
  Builder second(file, unread);
  if (tree && parser.HandleNextDocument(second)) {
    if (line_of(text, second.start().line).starts_with("---")) {
      findings.error(second.start(), "a second YAML document starts here",
                     "Write one manifest into each file.");
    } else {
      findings.error(second.start(), "the manifest ends before this",
                     "Look for a bracket or a quote that closes too early.");
    }
    return std::nullopt;
  }
  return tree;
}

}  // namespace

std::string_view name(NodeKind kind) {
  switch (kind) {
    case NodeKind::null:
      return "nothing";
    case NodeKind::boolean:
      return "a boolean";
    case NodeKind::integer:
      return "a number";
    case NodeKind::real:
      return "a number with a fraction";
    case NodeKind::text:
      return "text";
    case NodeKind::list:
      return "a list";
    case NodeKind::map:
      return "a map";
  }
  return "nothing";
}

const Node* Node::find(std::string_view key) const {
  for (const auto& entry : entries) {
    if (entry.key == key) return &entry.value;
  }
  return nullptr;
}

std::optional<Node> parse_yaml(std::string_view text, const std::string& file, Findings& findings) {
  if (text.find_first_not_of(" \t\r\n") == text.npos) {
    findings.error({file, 0, 0}, "the manifest is empty");
    return std::nullopt;
  }
  if (text.size() > k_most_bytes) {
    findings.error({file, 0, 0}, fmt::format("the manifest has {} bytes; at most {} are read",
                                             text.size(), k_most_bytes));
    return std::nullopt;
  }
  if (text.starts_with("\xff\xfe") || text.starts_with("\xfe\xff")) {
    findings.error({file, 0, 0}, "this is text in UTF-16", "Save it as UTF-8.");
    return std::nullopt;
  }
  if (text.find('\0') != text.npos) {
    findings.error({file, 0, 0}, "this is not text: it contains zero bytes");
    return std::nullopt;
  }
  const auto first = text.find_first_not_of(" \t\r\n");
  const auto source = text[first] == '{' ? join_surrogates(text) : std::string(text);
  try {
    check_quotes(source);
    return parse_one(source, file, findings);
  } catch (const YAML::Exception& problem) {
    report(problem, text, file, findings);
    return std::nullopt;
  }
}

}  // namespace weft::manifest
