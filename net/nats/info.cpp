#include "net/nats/info.h"

#include <nlohmann/json.hpp>
#include <utility>

namespace weft::net::nats {
namespace {

using nlohmann::json;

// Of a value with another type than it should have: as if it were not there.
template <class T>
T field_of(const json& all, const char* key, T otherwise) {
  const auto found = all.find(key);
  if (found == all.end()) return otherwise;
  if constexpr (std::is_same_v<T, bool>) {
    return found->is_boolean() ? found->get<bool>() : otherwise;
  } else if constexpr (std::is_integral_v<T>) {
    return found->is_number_unsigned() ? found->get<T>() : otherwise;
  } else {
    return found->is_string() ? found->get<T>() : otherwise;
  }
}

}  // namespace

Result<Info> Info::parse(std::string_view text) {
  const auto all = json::parse(text, nullptr, false);
  if (!all.is_object()) return fail(Errc::invalid, "the server's INFO is no JSON object");
  Info made;
  made.name = field_of(all, "server_name", std::string());
  made.version = field_of(all, "version", std::string());
  made.nonce = field_of(all, "nonce", std::string());
  made.max_payload = field_of(all, "max_payload", made.max_payload);
  made.tls_required = field_of(all, "tls_required", false);
  made.tls_available = field_of(all, "tls_available", false);
  made.headers = field_of(all, "headers", false);
  made.lame_duck = field_of(all, "ldm", false);
  const auto urls = all.find("connect_urls");
  if (urls == all.end() || !urls->is_array()) return made;
  for (const auto& url : *urls) {
    if (!url.is_string()) continue;
    if (auto server = parse_server(url.get<std::string>()))
      made.cluster.push_back(*std::move(server));
  }
  return made;
}

std::string connect_command(const Info& info, const Credentials& who, std::string_view name,
                            Tls tls) {
  json all = {{"verbose", false},
              {"pedantic", false},
              {"tls_required", tls == Tls::yes},
              {"name", std::string(name)},
              {"lang", "weft"},
              {"version", "1"},
              {"protocol", 1},
              {"echo", true},
              {"headers", true},
              {"no_responders", true}};
  if (!who.user.empty()) {
    all["user"] = who.user;
    all["pass"] = who.password;
  }
  if (!who.token.empty()) all["auth_token"] = who.token;
  if (!who.jwt.empty()) all["jwt"] = who.jwt;
  if (who.key) {
    if (who.jwt.empty()) all["nkey"] = who.key->public_text();
    if (!info.nonce.empty()) all["sig"] = who.key->sign(info.nonce);
  }
  return "CONNECT " + all.dump(-1, ' ', false, json::error_handler_t::replace) + "\r\n";
}

}  // namespace weft::net::nats
