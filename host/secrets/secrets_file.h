// The backend `weft:secrets-file`: secrets in one encrypted file, by key and field.
//
// Layout 1: a head of 57 bytes ("weftsec", 1, how the key is made, salt, cost, nonce), then all
// entries as one XChaCha20-Poly1305 box that covers the head, too. Names of secrets are inside.
#pragma once
#include <compare>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <span>
#include <string>

#include "base/result.h"
#include "contracts/host_service.h"
#include "host/secrets/secret_bytes.h"

namespace weft::secrets {

struct SecretName {
  std::string key;
  std::string field;  // empty: none
  friend auto operator<=>(const SecretName&, const SecretName&) = default;
};
// For people: "db", "db (field password)".
std::string text(const SecretName& name);

// Everything in memory, decrypted. `Secret` values are views into it until the next change.
class SecretsFile {
 public:
  // `key`: 64 hexadecimal digits are the key itself; any other text is a pass phrase, from which
  // Argon2id makes it. A file that is missing is empty. denied: it cannot be read, or the key is
  // another; invalid: damaged, or written by a newer Weft; exhausted: too large.
  static Result<SecretsFile> open(std::filesystem::path path, const SecretBytes& key);

  const std::map<SecretName, contracts::SecretView>& all() const { return entries_; }
  // Null when there is none.
  const contracts::SecretView* find(const SecretName& name) const;
  // invalid: the name is empty or too long. exhausted: all secrets together are too many bytes.
  Result<> put(const SecretName& name, contracts::SecretView value);
  // not_found.
  Result<> remove(const SecretName& name);
  // Writes the file whole. denied.
  Result<> save() const;

 private:
  explicit SecretsFile(std::filesystem::path path) : path_(std::move(path)) {}
  Result<> decrypt(std::span<const std::byte> content, const SecretBytes& key);
  Result<> parse();
  void rebuild(const std::map<SecretName, contracts::SecretView>& entries);

  std::filesystem::path path_;
  SecretBytes cipher_key_;
  std::array<std::byte, 25> key_head_{};  // how the key is made: kind, salt, cost
  SecretBytes plain_;
  std::map<SecretName, contracts::SecretView> entries_;  // into plain_
};

}  // namespace weft::secrets
