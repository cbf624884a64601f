#include "providers/keyvalue_vault/secret.h"

#include <fmt/format.h>

#include <array>
#include <nlohmann/json.hpp>

#include "contracts/image_codec.h"

namespace weft::providers::keyvalue_vault {
namespace {

using nlohmann::json;

constexpr std::string_view k_value = "value", k_value_base64 = "value_base64";
constexpr std::string_view k_digits =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

// RFC 4648, without padding: as the provider of wasmCloud 1.9 wrote it, and reads it only so.
std::string to_base64(std::string_view bytes) {
  std::string made;
  made.reserve((bytes.size() * 4 + 2) / 3);
  std::uint32_t bits = 0;
  int held = 0;
  for (const char c : bytes) {
    bits = bits << 8 | static_cast<unsigned char>(c);
    for (held += 8; held >= 6; held -= 6) made.push_back(k_digits[bits >> (held - 6) & 63]);
  }
  if (held > 0) made.push_back(k_digits[bits << (6 - held) & 63]);
  return made;
}

constexpr std::array<signed char, 256> digit_table() {
  std::array<signed char, 256> made{};
  made.fill(-1);
  for (std::size_t i = 0; i < k_digits.size(); ++i)
    made[static_cast<unsigned char>(k_digits[i])] = static_cast<signed char>(i);
  return made;
}
constexpr auto k_digit_of = digit_table();

// With padding or without.
std::optional<std::string> from_base64(std::string_view text) {
  for (int i = 0; i < 2 && text.ends_with('='); ++i) text.remove_suffix(1);
  if (text.size() % 4 == 1) return std::nullopt;
  std::string made;
  made.reserve(text.size() * 3 / 4);
  std::uint32_t bits = 0;
  int held = 0;
  for (const char c : text) {
    const auto digit = k_digit_of[static_cast<unsigned char>(c)];
    if (digit < 0) return std::nullopt;
    bits = bits << 6 | static_cast<std::uint32_t>(digit);
    held += 6;
    if (held < 8) continue;
    held -= 8;
    made.push_back(static_cast<char>(bits >> held & 255));
  }
  return made;
}

std::string text_at(const json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

std::unexpected<Error> no_base64(std::string_view field) {
  return fail(
      Errc::invalid,
      fmt::format("the field `{}` of the secret holds no base64: somebody else wrote it", field));
}

}  // namespace

std::string Secret::mark() const { return fmt::format("{}:{}", version, written); }

Result<Secret> read_secret(std::string_view body) {
  Secret made;
  if (body.empty()) return made;
  const auto reply = json::parse(body, nullptr, false);
  if (!reply.is_object()) return fail(Errc::internal, "the server answered a read without JSON");
  const auto outer = reply.find("data");
  // Nothing was ever there.
  if (outer == reply.end() || !outer->is_object()) return made;
  const auto metadata = outer->find("metadata");
  if (metadata == outer->end() || !metadata->is_object() || !metadata->contains("version") ||
      !(*metadata)["version"].is_number_unsigned())
    return fail(Errc::internal, "the server answered a read without a version");
  made.version = (*metadata)["version"].get<std::uint64_t>();
  made.written = text_at(*metadata, "created_time") + "," + text_at(*metadata, "deletion_time");
  const auto data = outer->find("data");
  if (data == outer->end() || !data->is_object()) return made;
  for (const auto& [key, value] : data->items()) {
    made.fields[key] = value.is_string() ? Field{value.get<std::string>(), Field::Kind::text}
                                         : Field{value.dump(), Field::Kind::json};
  }
  return made;
}

std::string write_secret(const Secret& secret, std::optional<std::uint64_t> cas) {
  json data = json::object();
  for (const auto& [key, field] : secret.fields) {
    data[key] = field.kind == Field::Kind::text ? json(field.value)
                                                : json::parse(field.value, nullptr, false);
  }
  json request = {{"data", std::move(data)}};
  if (cas) request["options"] = {{"cas", *cas}};
  return request.dump();
}

Result<std::vector<std::string>> read_names(std::string_view body) {
  const auto reply = json::parse(body, nullptr, false);
  std::vector<std::string> made;
  const auto data = reply.is_object() ? reply.find("data") : reply.end();
  if (!reply.is_object() || data == reply.end() || !data->is_object()) return made;
  const auto keys = data->find("keys");
  if (keys == data->end() || !keys->is_array())
    return fail(Errc::internal, "the server answered a listing without names");
  for (const auto& key : *keys) {
    if (key.is_string()) made.push_back(key.get<std::string>());
  }
  return made;
}

Result<std::optional<std::string>> value_of(const Secret& secret, Layout layout,
                                            std::string_view key) {
  const bool per_bucket = layout == Layout::secret_per_bucket;
  if (!per_bucket) {
    const auto plain = secret.fields.find(k_value);
    if (plain != secret.fields.end()) return plain->second.value;
    if (secret.fields.empty()) return std::nullopt;
  }
  const auto name = per_bucket ? key : k_value_base64;
  const auto found = secret.fields.find(name);
  if (found == secret.fields.end()) {
    if (per_bucket) return std::nullopt;
    return fail(Errc::invalid, "the secret has no field `value`: somebody else wrote it");
  }
  if (found->second.kind != Field::Kind::text) return no_base64(name);
  auto value = from_base64(found->second.value);
  if (!value) return no_base64(name);
  return *std::move(value);
}

void put_value(Secret& secret, Layout layout, std::string_view key, std::string_view value) {
  secret.edited = true;
  if (layout == Layout::secret_per_bucket) {
    secret.fields.insert_or_assign(std::string(key), Field{to_base64(value)});
    return;
  }
  secret.fields.clear();
  if (contracts::valid_utf8(value)) {
    secret.fields.emplace(k_value, Field{std::string(value)});
  } else {
    secret.fields.emplace(k_value_base64, Field{to_base64(value)});
  }
}

void erase_value(Secret& secret, std::string_view key) {
  const auto found = secret.fields.find(key);
  if (found == secret.fields.end()) return;
  secret.fields.erase(found);
  secret.edited = true;
}

}  // namespace weft::providers::keyvalue_vault
