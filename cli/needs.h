// What a component needs beyond what the host itself serves, and the manifest that gives it.
#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cli/options.h"
#include "contracts/component_type.h"
#include "host/manifest/providers.h"

namespace weft::cli {

// Imports of one package that one link can serve.
struct Need {
  std::string ns;
  std::string package;
  std::vector<std::string> interfaces;
  std::string provider;  // built in; empty: none serves them
};

// Whether anything is called there: an interface of types only needs nobody who serves it.
bool is_called(const contracts::InterfaceType& import);
// Whether the host itself serves it, without a link.
bool served_by_host(const contracts::InterfaceName& name);
// The built-in providers that serve this interface in a version that fits.
std::vector<std::string> serving_providers(const contracts::InterfaceName& name,
                                           const manifest::Providers& providers);
// One for each package and provider, in the order of the imports.
std::vector<Need> needs(const contracts::ComponentType& type, const manifest::Providers& providers);
// A `link` trait as lines of YAML, each behind `indent` spaces.
std::string link_trait(const Need& need, std::string_view target, std::size_t indent);

// A whole manifest in which this HTTP component has everything that it needs and what it was given
// but folders, which a manifest cannot grant; to be written where weft was called. Nothing: a
// component of `wasi` that weft has not is among the needs.
std::optional<std::string> manifest_for(const Run& options, const std::vector<Need>& needs);

}  // namespace weft::cli
