#include "host/secrets/secrets_file.h"

#include <fmt/format.h>
#include <sodium.h>

#include <array>
#include <cstring>
#include <utility>
#include <vector>

#include "base/bytes.h"
#include "contracts/image_codec.h"
#include "host/files/atomic_file.h"

namespace weft::secrets {
namespace {

using contracts::SecretKind;
using contracts::SecretView;

constexpr std::array<char, 7> k_magic = {'w', 'e', 'f', 't', 's', 'e', 'c'};
constexpr std::uint8_t k_layout = 1;
enum class KeyKind : std::uint8_t { raw, pass_phrase };

constexpr std::size_t k_key_size = crypto_aead_xchacha20poly1305_ietf_KEYBYTES;
constexpr std::size_t k_nonce_size = crypto_aead_xchacha20poly1305_ietf_NPUBBYTES;
constexpr std::size_t k_box_extra = crypto_aead_xchacha20poly1305_ietf_ABYTES;
constexpr std::size_t k_salt_at = 1;
constexpr std::size_t k_ops_at = k_salt_at + crypto_pwhash_SALTBYTES;
constexpr std::size_t k_mem_at = k_ops_at + 4;
constexpr std::size_t k_key_head = k_mem_at + 4;
constexpr std::size_t k_head = k_magic.size() + 1 + k_key_head + k_nonce_size;
constexpr std::size_t k_most_bytes = 16 << 20;
constexpr std::size_t k_longest_name = 256;
// What a file may ask of the machine: one made by us asks for 64 MiB.
constexpr std::uint32_t k_most_ops = 16;
constexpr std::uint32_t k_most_mem_kib = 1 << 20;

using KeyHead = std::array<std::byte, k_key_head>;

const unsigned char* raw(const std::byte* bytes) {
  return reinterpret_cast<const unsigned char*>(bytes);
}
unsigned char* raw(std::byte* bytes) { return reinterpret_cast<unsigned char*>(bytes); }

std::uint32_t number_at(std::span<const std::byte> bytes, std::size_t at) {
  std::uint32_t number = 0;
  for (std::size_t i = 0; i < 4; ++i)
    number |= std::to_integer<std::uint32_t>(bytes[at + i]) << (8 * i);
  return number;
}
void put_number(std::byte* at, std::uint32_t number) {
  for (int i = 0; i < 4; ++i) at[i] = static_cast<std::byte>(number >> (8 * i));
}

bool is_hex_key(std::span<const std::byte> key) {
  return key.size() == 2 * k_key_size &&
         text_of(key).find_first_not_of("0123456789abcdefABCDEF") == std::string_view::npos;
}

KeyHead new_key_head(const SecretBytes& key) {
  KeyHead head{};
  if (is_hex_key(key.bytes())) return head;
  head[0] = static_cast<std::byte>(KeyKind::pass_phrase);
  randombytes_buf(head.data() + k_salt_at, crypto_pwhash_SALTBYTES);
  put_number(head.data() + k_ops_at, crypto_pwhash_OPSLIMIT_INTERACTIVE);
  put_number(head.data() + k_mem_at, crypto_pwhash_MEMLIMIT_INTERACTIVE >> 10);
  return head;
}

// denied: the text cannot be the key of such a file. exhausted: no memory for Argon2id.
Result<SecretBytes> make_key(const SecretBytes& text, std::span<const std::byte> head,
                             const std::string& file) {
  SecretBytes key(k_key_size);
  if (head[0] == static_cast<std::byte>(KeyKind::raw)) {
    if (!is_hex_key(text.bytes())) {
      return fail(Errc::denied,
                  fmt::format("{} is encrypted with a key of 64 hexadecimal digits, and what was "
                              "given is a pass phrase",
                              file));
    }
    sodium_hex2bin(raw(key.bytes().data()), key.size(), text_of(text.bytes()).data(), text.size(),
                   nullptr, nullptr, nullptr);
    return key;
  }
  const auto ops = number_at(head, k_ops_at);
  const auto mem_kib = number_at(head, k_mem_at);
  if (head[0] != static_cast<std::byte>(KeyKind::pass_phrase) || ops == 0 || ops > k_most_ops ||
      mem_kib > k_most_mem_kib)
    return fail(Errc::invalid, fmt::format("{} is damaged: it asks for a key of no kind", file));
  if (crypto_pwhash(raw(key.bytes().data()), key.size(), text_of(text.bytes()).data(), text.size(),
                    raw(head.data() + k_salt_at), ops, std::size_t{mem_kib} << 10,
                    crypto_pwhash_ALG_ARGON2ID13) != 0) {
    return fail(Errc::exhausted,
                fmt::format("there is no memory to make the key of {} ({} KiB)", file, mem_kib));
  }
  return key;
}

// Reads lengths and bytes in turn; everything may be wrong.
class Cursor {
 public:
  explicit Cursor(std::span<const std::byte> rest) : rest_(rest) {}
  std::uint32_t number() {
    const auto bytes = take(4);
    return bytes.size() == 4 ? number_at(bytes, 0) : 0;
  }
  std::span<const std::byte> take(std::size_t size) {
    if (size > rest_.size()) {
      bad_ = true;
      return {};
    }
    const auto taken = rest_.first(size);
    rest_ = rest_.subspan(size);
    return taken;
  }
  std::string text() { return std::string(text_of(take(number()))); }
  bool bad() const { return bad_; }
  bool at_end() const { return rest_.empty(); }

 private:
  std::span<const std::byte> rest_;
  bool bad_ = false;
};

std::size_t entry_size(const SecretName& name, const SecretView& value) {
  return 4 + name.key.size() + 4 + name.field.size() + 1 + 4 + value.bytes.size();
}

class Writer {
 public:
  explicit Writer(std::span<std::byte> out) : out_(out) {}
  void number(std::uint32_t value) {
    put_number(out_.data(), value);
    out_ = out_.subspan(4);
  }
  std::span<const std::byte> bytes(std::span<const std::byte> from) {
    number(static_cast<std::uint32_t>(from.size()));
    const auto to = out_.first(from.size());
    if (!from.empty()) std::memcpy(to.data(), from.data(), from.size());
    out_ = out_.subspan(from.size());
    return to;
  }
  void kind(SecretKind kind) {
    out_[0] = static_cast<std::byte>(kind);
    out_ = out_.subspan(1);
  }

 private:
  std::span<std::byte> out_;
};

}  // namespace

std::string text(const SecretName& name) {
  return name.field.empty() ? name.key : fmt::format("{} (field {})", name.key, name.field);
}

Result<SecretsFile> SecretsFile::open(std::filesystem::path path, const SecretBytes& key) {
  if (sodium_init() < 0) return fail(Errc::internal, "libsodium cannot be initialised");
  SecretsFile made(std::move(path));
  const auto content = host::read_file(made.path_, k_most_bytes + k_head + k_box_extra);
  if (content) {
    TRY_OK(made.decrypt(*content, key));
    return made;
  }
  if (content.error().code != Errc::not_found) return std::unexpected(content.error());
  made.key_head_ = new_key_head(key);
  TRY(made.cipher_key_, make_key(key, made.key_head_, made.path_.string()));
  made.rebuild({});
  return made;
}

Result<> SecretsFile::decrypt(std::span<const std::byte> content, const SecretBytes& key) {
  const auto file = path_.string();
  if (content.size() < k_head + k_box_extra ||
      std::memcmp(content.data(), k_magic.data(), k_magic.size()) != 0)
    return fail(Errc::invalid, fmt::format("{} is not a file of secrets, or is damaged", file));
  if (const auto layout = std::to_integer<int>(content[k_magic.size()]); layout != k_layout) {
    return fail(Errc::invalid, fmt::format("{} has layout {}, written by a newer weft; this one "
                                           "knows up to {}: upgrade weft",
                                           file, layout, k_layout));
  }
  std::ranges::copy(content.subspan(k_magic.size() + 1, k_key_head), key_head_.begin());
  TRY(cipher_key_, make_key(key, key_head_, file));
  const auto head = content.first(k_head);
  const auto box = content.subspan(k_head);
  plain_ = SecretBytes(box.size() - k_box_extra);
  if (crypto_aead_xchacha20poly1305_ietf_decrypt(
          raw(plain_.bytes().data()), nullptr, nullptr, raw(box.data()), box.size(),
          raw(head.data()), head.size(), raw(head.data() + k_head - k_nonce_size),
          raw(cipher_key_.bytes().data())) != 0) {
    return fail(
        Errc::denied,
        fmt::format("{} cannot be decrypted: the key is another one, or the file is damaged",
                    file));
  }
  return parse();
}

Result<> SecretsFile::parse() {
  Cursor in(plain_.bytes());
  const auto count = in.number();
  for (std::uint32_t i = 0; i < count && !in.bad(); ++i) {
    SecretName name;
    name.key = in.text();
    name.field = in.text();
    const auto kind = in.take(1);
    const auto value = in.take(in.number());
    if (in.bad()) break;
    const auto shown = kind[0] == std::byte{0} ? SecretKind::text : SecretKind::bytes;
    entries_.insert_or_assign(std::move(name), SecretView{shown, value});
  }
  if (!in.bad() && in.at_end()) return {};
  return fail(Errc::invalid, fmt::format("{} holds no list of secrets", path_.string()));
}

void SecretsFile::rebuild(const std::map<SecretName, SecretView>& entries) {
  std::size_t size = 4;
  for (const auto& [name, value] : entries) size += entry_size(name, value);
  SecretBytes plain(size);
  std::map<SecretName, SecretView> made;
  Writer out(plain.bytes());
  out.number(static_cast<std::uint32_t>(entries.size()));
  for (const auto& [name, value] : entries) {
    out.bytes(std::as_bytes(std::span(name.key)));
    out.bytes(std::as_bytes(std::span(name.field)));
    out.kind(value.kind);
    made.emplace(name, SecretView{value.kind, out.bytes(value.bytes)});
  }
  plain_ = std::move(plain);
  entries_ = std::move(made);
}

const SecretView* SecretsFile::find(const SecretName& name) const {
  const auto found = entries_.find(name);
  return found == entries_.end() ? nullptr : &found->second;
}

Result<> SecretsFile::put(const SecretName& name, SecretView value) {
  if (name.key.empty() || name.key.size() > k_longest_name || name.field.size() > k_longest_name ||
      !contracts::valid_utf8(name.key) || !contracts::valid_utf8(name.field)) {
    return fail(Errc::invalid,
                fmt::format("the key of a secret has 1 to {} bytes of UTF-8", k_longest_name));
  }
  auto entries = entries_;
  entries.insert_or_assign(name, value);
  std::size_t size = 4;
  for (const auto& [other, one] : entries) size += entry_size(other, one);
  if (size > k_most_bytes) {
    return fail(Errc::exhausted, fmt::format("with it {} would hold more than {} bytes",
                                             path_.string(), k_most_bytes));
  }
  rebuild(entries);
  return {};
}

Result<> SecretsFile::remove(const SecretName& name) {
  auto entries = entries_;
  if (entries.erase(name) == 0) {
    return fail(Errc::not_found,
                fmt::format("there is no secret {} in {}", text(name), path_.string()));
  }
  rebuild(entries);
  return {};
}

Result<> SecretsFile::save() const {
  std::vector<std::byte> content(k_head + plain_.size() + k_box_extra);
  std::memcpy(content.data(), k_magic.data(), k_magic.size());
  content[k_magic.size()] = static_cast<std::byte>(k_layout);
  std::ranges::copy(key_head_, content.begin() + k_magic.size() + 1);
  auto* nonce = content.data() + k_head - k_nonce_size;
  randombytes_buf(nonce, k_nonce_size);
  crypto_aead_xchacha20poly1305_ietf_encrypt(
      raw(content.data() + k_head), nullptr, raw(plain_.bytes().data()), plain_.size(),
      raw(content.data()), k_head, nullptr, raw(nonce), raw(cipher_key_.bytes().data()));
  return host::replace_file(path_, content);
}

}  // namespace weft::secrets
