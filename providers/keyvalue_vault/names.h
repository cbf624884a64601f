// Buckets and keys as paths of Vault, and back.
#pragma once
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "contracts/keyvalue/types.h"

namespace weft::providers::keyvalue_vault {

// What becomes a secret.
enum class Layout {
  secret_per_bucket,  // with a field for each key: as the provider of wasmCloud 1.9
  secret_per_key,
};

// One segment: letters, digits and -_:@, as they are, also a dot that is neither the first nor
// behind another; every other byte as =XX. The empty name is "=".
std::string segment(std::string_view name);
// Nothing: it is no name that segment() makes.
std::optional<std::string> name_of(std::string_view segment);

// The path of a secret, below the engine's data/ or metadata/, not encoded. invalid: Vault cannot
// hold this bucket as a path.
Result<std::string> secret_path(Layout layout, contracts::keyvalue::Item item);
// The folder whose secrets are the keys of a bucket, with its slash.
std::string folder_of(std::string_view bucket);

}  // namespace weft::providers::keyvalue_vault
