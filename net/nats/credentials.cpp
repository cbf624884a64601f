#include "net/nats/credentials.h"

#include <fmt/format.h>
#include <sodium.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <span>
#include <utility>
#include <vector>

#include "base/nkey.h"

namespace weft::net::nats {
namespace {

constexpr unsigned k_seed = 18 << 3;  // begins with S in base32
constexpr unsigned k_user = 20 << 3;  // with U

// What stands between the line that begins with dashes and these words and the next one with
// dashes.
std::string section(std::string_view text, std::string_view words) {
  const auto head = text.find(words);
  if (head == std::string_view::npos) return {};
  const auto begin = text.find('\n', head);
  if (begin == std::string_view::npos) return {};
  const auto end = text.find("---", begin);
  if (end == std::string_view::npos) return {};
  std::string made;
  for (const char c : text.substr(begin, end - begin)) {
    if (c > ' ') made.push_back(c);
  }
  return made;
}

}  // namespace

Result<UserKey> UserKey::from_seed(std::string_view seed) {
  auto bytes = nkey_bytes(seed);
  // Two bytes say: a seed, and what for.
  const bool good = bytes && bytes->size() == 2 + crypto_sign_SEEDBYTES &&
                    ((*bytes)[0] & 0xf8) == k_seed &&
                    ((((*bytes)[0] & 7) << 5) | ((*bytes)[1] >> 3)) == k_user;
  if (!good) return fail(Errc::invalid, "this is no seed of a user (SU…)");
  if (sodium_init() < 0) return fail(Errc::internal, "libsodium cannot be initialised");
  UserKey made;
  crypto_sign_seed_keypair(made.public_.data(), made.secret_.data(), bytes->data() + 2);
  sodium_memzero(bytes->data(), bytes->size());
  return made;
}

UserKey::~UserKey() { sodium_memzero(secret_.data(), secret_.size()); }

std::string UserKey::public_text() const {
  std::vector<std::uint8_t> bytes = {k_user};
  bytes.insert(bytes.end(), public_.begin(), public_.end());
  return nkey_text(bytes);
}

std::string UserKey::sign(std::string_view nonce) const {
  std::array<std::uint8_t, crypto_sign_BYTES> signature{};
  const std::vector<std::uint8_t> message(nonce.begin(), nonce.end());
  crypto_sign_detached(signature.data(), nullptr, message.data(), message.size(), secret_.data());
  constexpr int variant = sodium_base64_VARIANT_URLSAFE_NO_PADDING;
  std::string text(sodium_base64_encoded_len(signature.size(), variant), '\0');
  sodium_bin2base64(text.data(), text.size(), signature.data(), signature.size(), variant);
  text.resize(text.find('\0'));
  return text;
}

Result<Credentials> read_credentials(const std::string& file) {
  std::ifstream in(file);
  if (!in) return fail(Errc::not_found, fmt::format("there is no file {}", file));
  const std::string text((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>());
  Credentials made;
  made.jwt = section(text, "BEGIN NATS USER JWT");
  if (made.jwt.empty())
    return fail(Errc::invalid, fmt::format("{} holds no JWT of a user (nsc generate creds)", file));
  auto key = UserKey::from_seed(section(text, "BEGIN USER NKEY SEED"));
  if (!key) return std::unexpected(std::move(key).error().context(file));
  made.key = *std::move(key);
  return made;
}

}  // namespace weft::net::nats
