// Names of interfaces as the component model writes them: `wasi:keyvalue/store@0.2.0-draft`.
#pragma once
#include <string>
#include <string_view>

#include "base/result.h"

namespace weft::contracts {

struct InterfaceName {
  std::string ns;         // "wasi"
  std::string package;    // "keyvalue"
  std::string interface;  // "store"
  std::string version;    // "0.2.0-draft", or empty

  // invalid: says what of `text` is not `namespace:package/interface[@version]`.
  static Result<InterfaceName> parse(std::string_view text);
  std::string text() const;
  // Without the version: `wasi:keyvalue/store`, the key by which links are found.
  std::string unversioned() const;
  friend auto operator<=>(const InterfaceName&, const InterfaceName&) = default;
};

enum class Match { no, yes };

// Whether an import of version `wanted` may be served by an export of version `offered`, by the
// component model's canonical interface names: with major > 0 the same major, with 0.minor the same
// minor, with 0.0.patch the same patch; the patch (then minor) may differ both ways; prereleases
// and absent versions only match exactly.
Match match_versions(std::string_view wanted, std::string_view offered);

}  // namespace weft::contracts
