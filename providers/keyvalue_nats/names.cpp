#include "providers/keyvalue_nats/names.h"

#include <fmt/format.h>
#include <sodium.h>

#include <algorithm>
#include <array>

#include "contracts/image_codec.h"

namespace weft::providers::keyvalue_nats {
namespace {

bool is_alphanumeric(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}
bool stays(char c) { return is_alphanumeric(c) || c == '-' || c == '_' || c == '/'; }

// As NATS takes it for a key.
bool is_plain(std::string_view key) {
  return !key.empty() && key.size() <= k_name_bytes && !key.starts_with(k_reserved) &&
         !key.starts_with('.') && !key.ends_with('.') && !key.contains("..") &&
         std::ranges::all_of(key, [](char c) { return stays(c) || c == '=' || c == '.'; });
}

std::string escaped(std::string_view text) {
  std::string made;
  for (const char c : text) {
    if (stays(c)) {
      made.push_back(c);
    } else {
      fmt::format_to(std::back_inserter(made), "={:02X}", static_cast<unsigned char>(c));
    }
  }
  return made;
}

// Nothing when escaped() does not write it like that.
std::optional<std::string> unescaped(std::string_view text) {
  constexpr std::string_view digits = "0123456789ABCDEF";
  std::string made;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '=') {
      made.push_back(text[i]);
      continue;
    }
    if (i + 2 >= text.size()) return std::nullopt;
    const auto high = digits.find(text[i + 1]), low = digits.find(text[i + 2]);
    if (high == std::string_view::npos || low == std::string_view::npos) return std::nullopt;
    made.push_back(static_cast<char>(high << 4 | low));
    i += 2;
  }
  if (escaped(made) != text) return std::nullopt;
  return made;
}

std::string hash_text(std::string_view key) {
  std::array<unsigned char, 32> hash{};
  crypto_generichash(hash.data(), hash.size(), reinterpret_cast<const unsigned char*>(key.data()),
                     key.size(), nullptr, 0);
  std::string made;
  for (const auto byte : hash) fmt::format_to(std::back_inserter(made), "{:02x}", byte);
  return made;
}

std::string prefix_of(std::string_view bucket) {
  return fmt::format("{}{}.", k_reserved, escaped(bucket));
}

}  // namespace

Name name_of(std::string_view bucket, std::string_view key) {
  if (bucket == k_plain_bucket && is_plain(key)) return {.text = std::string(key)};
  const auto prefix = prefix_of(bucket);
  auto written = escaped(key);
  if (prefix.size() + 1 + written.size() <= k_name_bytes)
    return {.text = fmt::format("{}k{}", prefix, written)};
  return {.text = fmt::format("{}h{}", prefix, hash_text(key)), .key_header = std::move(written)};
}

std::string filter_of(std::string_view bucket) {
  return bucket == k_plain_bucket ? ">" : prefix_of(bucket) + "*";
}

std::optional<std::string> key_named(std::string_view bucket, std::string_view name,
                                     const net::nats::Headers& headers) {
  std::optional<std::string> key;
  if (!name.starts_with(k_reserved)) {
    if (bucket == k_plain_bucket) key = std::string(name);
  } else if (const auto prefix = prefix_of(bucket); name.starts_with(prefix)) {
    const auto rest = name.substr(prefix.size());
    if (rest.starts_with('k')) key = unescaped(rest.substr(1));
    if (rest.starts_with('h')) key = unescaped(headers.find(k_key_header).value_or("="));
  }
  if (!key || !contracts::valid_utf8(*key)) return std::nullopt;
  // Whoever wrote it under a name that Weft would not have chosen wrote another key.
  if (name_of(bucket, *key).text != name) return std::nullopt;
  return key;
}

}  // namespace weft::providers::keyvalue_nats
