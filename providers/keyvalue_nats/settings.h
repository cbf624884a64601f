// What links and capabilities may set, read and checked.
#pragma once
#include <span>
#include <string>

#include "base/result.h"
#include "contracts/provider.h"
#include "net/nats/client.h"

namespace weft::providers::keyvalue_nats {

enum class CreateBucket { no, yes };

struct Checked {
  net::nats::ClientSettings client;  // without label and name
  std::string bucket;                // as NATS knows it; empty: none was named
  std::string domain;
  CreateBucket create = CreateBucket::no;
};

// Keys in lower case. invalid: names the key, says what is wrong and never shows a secret.
Result<Checked> read_settings(const contracts::Settings& settings);

// For the tables of providers and people.
std::span<const contracts::ConfigKey> config_keys();

}  // namespace weft::providers::keyvalue_nats
