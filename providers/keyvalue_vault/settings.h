// What links and capabilities may set, read and checked.
#pragma once
#include <memory>
#include <span>
#include <string>

#include "base/result.h"
#include "contracts/provider.h"
#include "net/vault/client.h"
#include "providers/keyvalue_vault/names.h"

namespace weft::providers::keyvalue_vault {

struct Checked {
  net::vault::ClientSettings client;          // without label
  std::shared_ptr<const net::TlsClient> tls;  // null when the address is without
  std::string mount;                          // without slashes at its ends
  Layout layout = Layout::secret_per_bucket;
};

// Keys in lower case. invalid: names the key, says what is wrong and never shows a secret.
Result<Checked> read_settings(const contracts::Settings& settings);
// Of a capability: its links may still bring who logs in.
Result<> check_shared(contracts::Settings settings);

// For the tables of providers and people.
std::span<const contracts::ConfigKey> config_keys();

}  // namespace weft::providers::keyvalue_vault
