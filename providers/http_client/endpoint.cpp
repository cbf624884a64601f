#include "providers/http_client/endpoint.h"

#include <fmt/format.h>

#include <utility>

#include "net/address_range.h"

namespace weft::providers::http_client {
namespace {

using contracts::HttpCode;

constexpr std::size_t k_most_told = 256;  // refusals that get a line of their own

std::string value_for(std::string_view key, const Target& target) {
  if (key == "schemes") return std::string(target.scheme);
  if (key == "ports") return fmt::format("{}", target.port);
  return target.host;
}

}  // namespace

HttpClientEndpoint::HttpClientEndpoint(const net::Executor& executor, net::Resolver& resolver,
                                       const Clock& clock, Log& log, Grant grant,
                                       const MaybeTls& tls)
    : clock_(clock),
      log_(log),
      grant_(std::move(grant)),
      no_tls_(tls ? std::nullopt : std::optional(tls.error())),
      pool_(executor, resolver, clock, grant_, tls ? *tls : nullptr) {}

HttpClientEndpoint::~HttpClientEndpoint() {
  while (!calls_.empty()) {
    calls_.begin()->second->fail(HttpCode::connection_terminated,
                                 {Errc::unavailable, "the HTTP client is being stopped"});
  }
}

contracts::Pending HttpClientEndpoint::invoke(contracts::Invocation invocation,
                                              contracts::Replier& replier) {
  const auto* http = std::get_if<contracts::HttpCall>(&invocation.payload);
  if (http == nullptr) {
    replier.on_reply({fail(Errc::invalid, "weft:http-client takes HTTP requests only")});
    return {};
  }
  auto target = Target::of(http->request->scheme, http->request->authority);
  if (!target) {
    replier.on_reply(
        {fail(Errc::invalid, fmt::format("there is no host '{}'", http->request->authority)),
         HttpCode::http_request_uri_invalid});
    return {};
  }
  if (const auto key = grant_.refuses(*target); !key.empty()) {
    const std::string source(invocation.source);
    refused_target(source, *target, key);
    replier.on_reply(
        {fail(Errc::denied, fmt::format("the link of {} does not allow {}://{}:{}", source,
                                        target->scheme, target->host, target->port)),
         HttpCode::http_request_denied});
    return {};
  }
  if (no_tls_ && target->scheme == "https") {
    refused_tls(std::string(invocation.source), *target);
    replier.on_reply({std::unexpected(*no_tls_), HttpCode::tls_certificate_error});
    return {};
  }
  auto made = std::make_unique<HttpClientCall>(*this, invocation, *std::move(target), replier);
  auto& call = *made;
  calls_.emplace(&call, std::move(made));
  call.start();
  return contracts::Pending(call);
}

bool HttpClientEndpoint::is_news(const std::string& source, const Target& target) {
  return told_.size() < k_most_told &&
         told_.insert(fmt::format("{} {}:{}", source, target.host, target.port)).second;
}

void HttpClientEndpoint::refused_target(const std::string& source, const Target& target,
                                        std::string_view key) {
  if (!is_news(source, target)) return;
  log_.warn(fmt::format("a request to {}://{}:{} was refused: the link's `{}` does not name it; to "
                        "allow it, add '{}' to `{}` in the target config of the link",
                        target.scheme, target.host, target.port, key, value_for(key, target), key),
            {{"component", source}, {"host", target.host}});
}

void HttpClientEndpoint::refused_tls(const std::string& source, const Target& target) {
  if (!is_news(source, target)) return;
  log_.warn(fmt::format("https://{}:{} cannot be trusted: {}, in `ca_file` in the target config of "
                        "the link",
                        target.host, target.port, no_tls_->message),
            {{"component", source}, {"host", target.host}});
}

void HttpClientEndpoint::refused_address(const std::string& source, const Target& target,
                                         const boost::asio::ip::address& address) {
  if (!is_news(source, target)) return;
  log_.warn(
      fmt::format("a request to {} was refused: its address {} is {}; to allow such addresses, add "
                  "`allow_private: \"true\"` to the target config of the link",
                  target.host, address.to_string(), net::inner_range(address)),
      {{"component", source}, {"host", target.host}, {"address", address.to_string()}});
}

}  // namespace weft::providers::http_client
