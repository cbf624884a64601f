#include "providers/http_client/http_client.h"

#include <array>
#include <boost/asio/post.hpp>
#include <chrono>
#include <future>
#include <string_view>
#include <utility>

#include "providers/http_client/endpoint.h"

namespace weft::providers::http_client {
namespace {

using contracts::ConfigKey;
using contracts::KeyPlace;
using contracts::KeySupport;

constexpr std::array<std::string_view, 2> k_aliases = {"ghcr.io/wasmcloud/http-client",
                                                       "wasmcloud.azurecr.io/httpclient"};
constexpr std::array<std::string_view, 1> k_serves = {"wasi:http/outgoing-handler@0.2.0"};

constexpr auto k_place = KeyPlace::link_target;
constexpr std::array k_keys = {
    ConfigKey{"hosts", k_place, KeySupport::taken,
              "the only hosts that may be asked, `*.` for all below a name", "every one", ""},
    ConfigKey{"ports", k_place, KeySupport::taken, "the only ports", "every one", ""},
    ConfigKey{"schemes", k_place, KeySupport::taken, "http, https", "both", ""},
    ConfigKey{"allow_private", k_place, KeySupport::taken,
              "whether requests may lead to this machine and its networks, or to which addresses",
              "false", ""},
    ConfigKey{"ca_file", k_place, KeySupport::taken,
              "certificates in PEM that are trusted for https", "those of the system", ""},
    ConfigKey{"connect_timeout", k_place, KeySupport::taken,
              "for the name, the connection and TLS together", "10s", ""},
    ConfigKey{"keep", k_place, KeySupport::taken, "how long an unused connection is kept", "60s",
              ""},
    ConfigKey{"connections", k_place, KeySupport::taken, "at once, on each thread", "1024", ""},
    ConfigKey{"load_native_certs", k_place, KeySupport::ignored, "whether to trust the system's",
              "true", "Name a file in `ca_file` to trust others instead."},
    ConfigKey{"load_webpki_certs", k_place, KeySupport::ignored, "whether to trust Mozilla's",
              "true", "The system's certificates are trusted, or those of `ca_file`."},
    ConfigKey{"ssl_certs_file", k_place, KeySupport::refused, "more certificates to trust", "",
              "Write `ca_file`: its certificates are trusted instead of the system's."}};

// A thread that is asked to end its calls does so at once, unless it has stopped.
constexpr std::chrono::seconds k_patience{5};

}  // namespace

const contracts::ProviderKind& kind() {
  static const contracts::ProviderKind one{
      .info = {.name = "weft:http-client",
               .what = "sends HTTP requests of components to servers",
               .aliases = k_aliases,
               .serves = k_serves,
               .calls = {},
               .keys = k_keys},
      .start = [](const contracts::ProviderStart& start)
          -> Result<std::unique_ptr<contracts::Provider>> {
        return std::make_unique<HttpClient>(std::make_unique<net::SystemResolver>(),
                                            net::ConnectionPlaces::of_process(),
                                            net::TlsClient::make({}), start.clock, start.log);
      }};
  return one;
}

HttpClient::HttpClient(std::unique_ptr<net::Resolver> resolver, net::ConnectionPlaces& places,
                       MaybeTls system, const Clock& clock, Log& log)
    : resolver_(std::move(resolver)),
      places_(places),
      system_(std::move(system)),
      clock_(clock),
      log_(log) {}

Result<std::unique_ptr<contracts::Endpoint>> HttpClient::open(
    boost::asio::io_context::executor_type executor, const contracts::Settings& settings) {
  TRY(auto grant, Grant::parse(settings));
  auto tls = grant.ca_file.empty() ? system_ : net::TlsClient::make({.ca_file = grant.ca_file});
  if (!tls && !grant.ca_file.empty())
    return std::unexpected(std::move(tls).error().context("ca_file"));
  auto made = std::make_unique<HttpClientEndpoint>(executor, *resolver_, places_, clock_, log_,
                                                   std::move(grant), tls);
  const std::lock_guard lock(mutex_);
  if (closed_) return fail(Errc::unavailable, "the HTTP client is stopped");
  std::erase_if(seats_, [](const auto& seat) { return seat.expired(); });
  seats_.push_back(made->seat());
  return made;
}

void HttpClient::close() {
  auto ended = std::make_shared<std::promise<void>>();
  auto all = ended->get_future();
  {
    const std::lock_guard lock(mutex_);
    closed_ = true;
    // Whichever is dropped last tells: those that ran, and those whose threads have stopped.
    const std::shared_ptr<void> last(nullptr, [ended](void*) { ended->set_value(); });
    for (const auto& one : seats_) {
      const auto seat = one.lock();
      if (!seat) continue;
      boost::asio::post(seat->executor, [seat, last] {
        if (seat->endpoint != nullptr) seat->endpoint->close();
      });
    }
  }
  (void)all.wait_for(k_patience);
}

}  // namespace weft::providers::http_client
