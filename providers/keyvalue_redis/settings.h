// What links and capabilities may set, read and checked.
#pragma once
#include <chrono>
#include <string>

#include "base/result.h"
#include "contracts/provider.h"
#include "net/redis/client.h"

namespace weft::providers::keyvalue_redis {

struct Checked {
  net::redis::ClientSettings client;          // without label and name
  std::shared_ptr<const net::TlsClient> tls;  // null when the address is without
};

// Keys in lower case. invalid: names the key, says what is wrong and never shows a password.
Result<Checked> read_settings(const contracts::Settings& settings);

// For the tables of providers and people.
std::span<const contracts::ConfigKey> config_keys();

}  // namespace weft::providers::keyvalue_redis
