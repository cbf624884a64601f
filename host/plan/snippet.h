// Lines of YAML to paste into a manifest, indented as the component they belong to.
#pragma once
#include <span>
#include <string>
#include <string_view>

#include "contracts/manifest.h"

namespace weft::plan {

struct LinkLines {
  std::string_view ns;
  std::string_view package;
  std::span<const std::string> interfaces;
  std::string_view target;
};

// Where to paste and the lines of one more link of `component`.
std::string link_lines(const contracts::Component& component, const LinkLines& link);
// A capability beside `component` in spec.components.
std::string capability_lines(const contracts::Component& component, std::string_view name,
                             std::string_view image);
// "store, atomics" in the brackets of a flow list.
std::string flow_list(std::span<const std::string> words);

}  // namespace weft::plan
