#include "host/control/host_id.h"

#include <sodium.h>

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "base/nkey.h"

namespace weft::control {
namespace {

constexpr std::uint8_t k_server = 13 << 3;  // begins with N in base32

}  // namespace

std::string make_host_id(Random& random) {
  std::array<std::uint8_t, crypto_sign_SEEDBYTES> seed{};
  std::array<std::uint8_t, crypto_sign_PUBLICKEYBYTES> key{};
  std::array<std::uint8_t, crypto_sign_SECRETKEYBYTES> secret{};
  random.fill(std::as_writable_bytes(std::span(seed)));
  crypto_sign_seed_keypair(key.data(), secret.data(), seed.data());
  sodium_memzero(secret.data(), secret.size());
  sodium_memzero(seed.data(), seed.size());
  std::vector<std::uint8_t> bytes = {k_server};
  bytes.insert(bytes.end(), key.begin(), key.end());
  return nkey_text(bytes);
}

}  // namespace weft::control
