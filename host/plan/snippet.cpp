#include "host/plan/snippet.h"

#include <fmt/ranges.h>

namespace weft::plan {
namespace {

// Spaces before the `- ` of a list item whose content stands at `at`; the usual depth where a
// manifest is written in one line or as JSON.
std::size_t dash_indent(const contracts::Position& at, std::size_t usual) {
  constexpr std::size_t most = 24;
  return at.column >= 3 && at.column <= most ? at.column - 3 : usual;
}

}  // namespace

std::string flow_list(std::span<const std::string> words) {
  return fmt::format("[{}]", fmt::join(words, ", "));
}

std::string link_lines(const contracts::Component& component, const LinkLines& link) {
  std::string made;
  std::size_t indent = 0;
  const auto own = dash_indent(component.at, 4) + 2;
  if (component.traits_at.line > 0) {
    indent = dash_indent(component.traits_at, own + 2);
    made = fmt::format("Add to the traits of '{}', above line {}:", component.name,
                       component.traits_at.line);
  } else {
    indent = own + 2;
    made = fmt::format("Add to '{}', which begins on line {}:\n{:{}}traits:", component.name,
                       component.at.line, "", own);
  }
  const auto line = [&](std::size_t more, std::string_view text) {
    made += fmt::format("\n{:{}}{}", "", indent + more, text);
  };
  line(0, "- type: link");
  line(2, "properties:");
  line(4, fmt::format("namespace: {}", link.ns));
  line(4, fmt::format("package: {}", link.package));
  line(4, fmt::format("interfaces: {}", flow_list(link.interfaces)));
  line(4, fmt::format("target: {{name: {}}}", link.target));
  return made;
}

std::string capability_lines(const contracts::Component& component, std::string_view name,
                             std::string_view image) {
  const auto indent = dash_indent(component.at, 4);
  return fmt::format(
      "{0:{1}}- name: {2}\n{0:{1}}  type: capability\n{0:{1}}  properties: {{image: \"{3}\"}}", "",
      indent, name, image);
}

}  // namespace weft::plan
