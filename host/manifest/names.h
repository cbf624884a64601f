// The rules for names, as wadm has them, and the ids that it makes of them.
#pragma once
#include <string>
#include <string_view>

#include "base/id.h"

namespace weft::manifest {

// Letters, digits, '_' and '-', at least one, in any script: ^[-\w]+$.
bool is_manifest_name(std::string_view name);
// A key of labels or annotations: `name` or `dns.subdomain/name`.
// What a component may be called where it runs: letters, digits, '-' and '_', 1 to 100 of them. It
// names a folder.
bool is_id(std::string_view id);
bool is_label_key(std::string_view key);

// The id of what a manifest gives no id: `{manifest}-{component}`, each part in lower
// case, everything but ASCII letters and digits replaced by '_', one for each character.
ComponentId component_id(std::string_view manifest, std::string_view component);
std::string config_id(std::string_view manifest, std::string_view config);
// `SECRET_` in front of the same.
std::string secret_id(std::string_view manifest, std::string_view secret);

}  // namespace weft::manifest
