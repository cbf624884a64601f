// weft:http-client: requests of components to servers, over HTTP/1.1 and TLS.
#pragma once
#include <atomic>
#include <memory>

#include "contracts/provider.h"
#include "net/resolver.h"
#include "providers/http_client/grant.h"

namespace weft::providers::http_client {

const contracts::ProviderKind& kind();

class HttpClient final : public contracts::Provider {
 public:
  // `clock` and `log` outlive it. `system`: with the system's certificates; without them it serves
  // all but https.
  HttpClient(std::unique_ptr<net::Resolver> resolver, MaybeTls system, const Clock& clock,
             Log& log);
  // Nothing is kept for a thread but in its endpoint, with whose end its calls end.
  Result<std::unique_ptr<contracts::Endpoint>> open(boost::asio::io_context::executor_type executor,
                                                    const contracts::Settings& settings) override;
  void close() override {}

 private:
  const std::unique_ptr<net::Resolver> resolver_;
  const MaybeTls system_;
  const Clock& clock_;
  Log& log_;
};

}  // namespace weft::providers::http_client
