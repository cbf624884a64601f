// The identity of a host, as a wasmCloud 1.x lattice has it: the public half of an nkeys server
// key.
#pragma once
#include <string>

#include "base/clock.h"

namespace weft::control {

// A new one: 56 letters and digits, the first an N. nkeys: prefix byte, ed25519 public key, CRC-16
// of both, in base32 without padding.
std::string make_host_id(Random& random);

}  // namespace weft::control
