#include "net/nats/written_settings.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace weft::net::nats {
namespace {

using Written = std::map<std::string, std::string>;

constexpr std::string_view k_default_uri = "nats://127.0.0.1:4222";

std::string value_of(const Written& written, const std::string& key) {
  const auto found = written.find(key);
  return found == written.end() ? std::string() : found->second;
}

Result<> read_credentials_of(const Written& written, Credentials& made) {
  const auto jwt = value_of(written, "client_jwt"), seed = value_of(written, "client_seed");
  const auto file = value_of(written, "client_creds_file");
  if (!file.empty()) {
    if (!jwt.empty() || !seed.empty())
      return fail(Errc::invalid, "`client_creds_file` stands for `client_jwt` and `client_seed`");
    auto read = read_credentials(file);
    if (!read) return std::unexpected(std::move(read).error().context("`client_creds_file`"));
    made.jwt = read->jwt;
    made.key = read->key;
    return {};
  }
  if (!jwt.empty() && seed.empty())
    return fail(Errc::invalid, "`client_jwt` needs `client_seed`, the key that signs for it");
  if (seed.empty()) return {};
  auto key = UserKey::from_seed(seed);
  if (!key) return std::unexpected(std::move(key).error().context("`client_seed`"));
  made.jwt = jwt;
  made.key = *std::move(key);
  return {};
}

Result<> read_tls(const Written& written, ClientSettings& made) {
  const auto text = value_of(written, "tls_ca"), file = value_of(written, "tls_ca_file");
  const bool wanted = std::ranges::any_of(
      made.servers, [](const Server& server) { return server.tls == Tls::yes; });
  if (text.empty() && file.empty() && !wanted) return {};
  auto tls = TlsClient::make({.ca_file = file, .ca_pem = text, .alpn = Alpn::none});
  if (!tls) {
    const auto* key = !text.empty() ? "tls_ca" : "tls_ca_file";
    return fail(Errc::invalid, fmt::format("`{}`: {}", key, tls.error().message));
  }
  made.tls = *std::move(tls);
  // As 1.x has it: who names authorities wants TLS.
  if (!text.empty() || !file.empty()) {
    for (auto& server : made.servers) server.tls = Tls::yes;
  }
  return {};
}

}  // namespace

Result<ClientSettings> read_client(const Written& written, const std::string& uris_key) {
  ClientSettings made;
  const auto uris = value_of(written, uris_key);
  auto address = Address::parse(uris.empty() ? k_default_uri : uris);
  if (!address)
    return std::unexpected(std::move(address).error().context(fmt::format("`{}`", uris_key)));
  made.servers = std::move(address->servers);
  made.credentials.user = std::move(address->user);
  made.credentials.password = std::move(address->password);
  made.credentials.token = std::move(address->token);
  TRY_OK(read_credentials_of(written, made.credentials));
  TRY_OK(read_tls(written, made));
  return made;
}

}  // namespace weft::net::nats
