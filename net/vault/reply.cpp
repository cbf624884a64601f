#include "net/vault/reply.h"

#include <nlohmann/json.hpp>

namespace weft::net::vault {
namespace {

using nlohmann::json;

constexpr std::size_t k_most_text = 500;

json parsed(std::string_view body) { return json::parse(body, nullptr, false); }

const json* find(const json& object, const char* key) {
  if (!object.is_object()) return nullptr;
  const auto found = object.find(key);
  return found == object.end() ? nullptr : &*found;
}

std::string text_in(const json& object, const char* key) {
  const auto* value = find(object, key);
  return value != nullptr && value->is_string() ? value->get<std::string>() : std::string();
}

Lease lease_in(const json& object, const char* duration) {
  Lease made;
  const auto* seconds = find(object, duration);
  if (seconds != nullptr && seconds->is_number_integer())
    made.duration = std::chrono::seconds(seconds->get<std::int64_t>());
  const auto* renewable = find(object, "renewable");
  made.renewable = renewable != nullptr && renewable->is_boolean() && renewable->get<bool>();
  return made;
}

}  // namespace

std::string errors_of(std::string_view body) {
  const auto reply = parsed(body);
  std::string made;
  const auto* errors = find(reply, "errors");
  if (errors == nullptr || !errors->is_array()) return made;
  for (const auto& error : *errors) {
    if (!error.is_string()) continue;
    if (!made.empty()) made += "; ";
    for (const char c : error.get<std::string>()) {
      const bool gap = c == '\n' || c == '\t' || c == ' ';
      if (!gap) made.push_back(c);
      if (gap && !made.ends_with(' ')) made.push_back(' ');
    }
  }
  while (made.ends_with(' ')) made.pop_back();
  if (made.size() > k_most_text) made.resize(k_most_text);
  return made;
}

Result<Lease> auth_of(std::string_view body) {
  const auto reply = parsed(body);
  const auto* auth = find(reply, "auth");
  if (auth == nullptr || !auth->is_object())
    return fail(Errc::internal, "the server answered a login with something else");
  auto made = lease_in(*auth, "lease_duration");
  made.token = text_in(*auth, "client_token");
  if (made.token.empty())
    return fail(Errc::internal, "the server answered a login without a token");
  return made;
}

Result<Lease> lookup_of(std::string_view body) {
  const auto reply = parsed(body);
  const auto* data = find(reply, "data");
  if (data == nullptr || !data->is_object())
    return fail(Errc::internal, "the server answered a question for the token with something else");
  return lease_in(*data, "ttl");
}

std::string object_of(std::initializer_list<Text> texts) {
  json made = json::object();
  for (const auto& [key, value] : texts) made[std::string(key)] = value;
  return made.dump(-1, ' ', false, json::error_handler_t::replace);
}

}  // namespace weft::net::vault
