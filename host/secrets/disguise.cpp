#include "host/secrets/disguise.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <sodium.h>

namespace weft::secrets {

Disguise::Disguise(Random& random) { random.fill(key_); }

std::string Disguise::operator()(std::string_view text) const {
  std::array<unsigned char, crypto_generichash_BYTES_MIN> hash{};
  crypto_generichash(hash.data(), hash.size(), reinterpret_cast<const unsigned char*>(text.data()),
                     text.size(), reinterpret_cast<const unsigned char*>(key_.data()), key_.size());
  return fmt::format("{:02x}", fmt::join(hash, ""));
}

}  // namespace weft::secrets
