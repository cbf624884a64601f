#include "providers/keyvalue_vault/names.h"

#include <fmt/format.h>

#include <charconv>

namespace weft::providers::keyvalue_vault {
namespace {

bool stands_as_it_is(char c, char before) {
  if (c == '.') return before != '.' && before != '\0';
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
         c == '_' || c == ':' || c == '@' || c == ',';
}

// What Vault's router and its engines take for a path of one meaning.
bool is_path(std::string_view bucket) {
  if (bucket.starts_with('/') || bucket.ends_with('/') || bucket.ends_with(' ')) return false;
  for (const auto* part : {"//", ".."}) {
    if (bucket.find(part) != std::string_view::npos) return false;
  }
  for (const char c : bucket) {
    if (static_cast<unsigned char>(c) < ' ' || c == '\x7f') return false;
  }
  return bucket != "." && !bucket.starts_with("./") && !bucket.ends_with("/.") &&
         bucket.find("/./") == std::string_view::npos;
}

}  // namespace

std::string segment(std::string_view name) {
  if (name.empty()) return "=";
  std::string made;
  char before = '\0';
  for (const char c : name) {
    if (stands_as_it_is(c, before)) {
      made.push_back(c);
    } else {
      fmt::format_to(std::back_inserter(made), "={:02X}", static_cast<unsigned char>(c));
    }
    before = c;
  }
  return made;
}

std::optional<std::string> name_of(std::string_view from) {
  if (from == "=") return "";
  std::string made;
  for (std::size_t i = 0; i < from.size(); ++i) {
    if (from[i] != '=') {
      made.push_back(from[i]);
      continue;
    }
    unsigned byte = 0;
    const auto digits = from.substr(i + 1, 2);
    const auto [end, error] =
        std::from_chars(digits.data(), digits.data() + digits.size(), byte, 16);
    if (error != std::errc() || end != digits.data() + 2) return std::nullopt;
    made.push_back(static_cast<char>(byte));
    i += 2;
  }
  // Another spelling of the same name, or a folder, is somebody else's.
  if (segment(made) != from) return std::nullopt;
  return made;
}

Result<std::string> secret_path(Layout layout, contracts::keyvalue::Item item) {
  if (layout == Layout::secret_per_key) return folder_of(item.bucket) + segment(item.key);
  if (is_path(item.bucket)) return std::string(item.bucket);
  return fail(
      Errc::invalid,
      "with `layout: secret-per-bucket` the bucket's name is a path of Vault: without empty "
      "parts, dots instead of names, or control characters");
}

std::string folder_of(std::string_view bucket) { return segment(bucket) + "/"; }

}  // namespace weft::providers::keyvalue_vault
