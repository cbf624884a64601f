#include "providers/http_client/endpoint.h"

#include <fmt/format.h>

#include <chrono>
#include <utility>

#include "net/address_range.h"

namespace weft::providers::http_client {
namespace {

using contracts::HttpCode;

// Refusals that get a line of their own, in so much time.
constexpr std::size_t k_most_told = 256;
constexpr std::chrono::minutes k_told_for{10};

std::string value_for(std::string_view key, const Target& target) {
  if (key == "schemes") return std::string(target.scheme);
  if (key == "ports") return fmt::format("{}", target.port);
  return target.host;
}

}  // namespace

HttpClientEndpoint::HttpClientEndpoint(const net::Executor& executor, net::Resolver& resolver,
                                       net::ConnectionPlaces& places, const Clock& clock, Log& log,
                                       Grant grant, const MaybeTls& tls)
    : seat_(std::make_shared<Seat>(executor, this)),
      clock_(clock),
      log_(log),
      grant_(std::move(grant)),
      no_tls_(tls ? std::nullopt : std::optional(tls.error())),
      pool_(executor, resolver, places, clock, grant_, tls ? *tls : nullptr) {}

HttpClientEndpoint::~HttpClientEndpoint() {
  close();
  seat_->endpoint = nullptr;
}

void HttpClientEndpoint::close() {
  closed_ = true;
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
  if (closed_) {
    replier.on_reply({fail(Errc::unavailable, "the HTTP client is stopped")});
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

bool HttpClientEndpoint::is_news(const std::string& source, const Target& target,
                                 std::string_view reason) {
  if (const auto now = clock_.now(); now >= told_since_ + k_told_for) {
    told_.clear();
    told_since_ = now;
  }
  if (told_.size() > k_most_told) return false;
  const auto refusal =
      fmt::format("{} {} {}:{} {}", source, target.scheme, target.host, target.port, reason);
  if (!told_.insert(refusal).second) return false;
  if (told_.size() <= k_most_told) return true;
  log_.warn(fmt::format("{} refusals of requests were told in {} minutes; more of them are not",
                        k_most_told, k_told_for.count()));
  return false;
}

void HttpClientEndpoint::refused_target(const std::string& source, const Target& target,
                                        std::string_view key) {
  if (!is_news(source, target, key)) return;
  log_.warn(fmt::format("a request to {}://{}:{} was refused: the link's `{}` does not name it; to "
                        "allow it, add '{}' to `{}` in the target config of the link",
                        target.scheme, target.host, target.port, key, value_for(key, target), key),
            {{"component", source}, {"host", target.host}});
}

void HttpClientEndpoint::refused_tls(const std::string& source, const Target& target) {
  if (!no_tls_ || !is_news(source, target, "ca_file")) return;
  log_.warn(fmt::format("https://{}:{} cannot be trusted: {}, in `ca_file` in the target config of "
                        "the link",
                        target.host, target.port, no_tls_->message),
            {{"component", source}, {"host", target.host}});
}

void HttpClientEndpoint::refused_address(const std::string& source, const Target& target,
                                         const boost::asio::ip::address& address) {
  const auto text = address.to_string();
  if (!is_news(source, target, text)) return;
  log_.warn(fmt::format("a request to {} was refused: its address {} is {}; to allow it, add '{}' "
                        "or its network to `allow_private` in the target config of the link",
                        target.host, text, grant_.refuses(address), text),
            {{"component", source}, {"host", target.host}, {"address", text}});
}

void HttpClientEndpoint::refused_place(const std::string& source, const Target& target,
                                       std::string_view why) {
  if (!is_news(source, target, "connections")) return;
  log_.warn(fmt::format("a request to {}:{} got no connection: {}", target.host, target.port, why),
            {{"component", source}, {"host", target.host}});
}

}  // namespace weft::providers::http_client
