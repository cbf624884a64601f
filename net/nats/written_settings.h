// What people write of a connection to NATS, in the words of the 1.x providers.
#pragma once
#include <map>
#include <string>

#include "base/result.h"
#include "net/nats/client.h"

namespace weft::net::nats {

// Of keys in lower case: `uris_key`, such as "cluster_uri" (127.0.0.1:4222 without it), client_jwt,
// client_seed, client_creds_file, tls_ca, tls_ca_file. Others are passed over; label and name stay
// empty. May read files. invalid: names the key, says what is wrong and never shows a secret.
Result<ClientSettings> read_client(const std::map<std::string, std::string>& written,
                                   const std::string& uris_key);

}  // namespace weft::net::nats
