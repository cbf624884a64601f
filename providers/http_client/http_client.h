// weft:http-client: requests of components to servers, over HTTP/1.1 and TLS.
#pragma once
#include <memory>
#include <mutex>
#include <vector>

#include "contracts/provider.h"
#include "net/descriptors.h"
#include "net/resolver.h"
#include "providers/http_client/grant.h"

namespace weft::providers::http_client {

struct Seat;

const contracts::ProviderKind& kind();

class HttpClient final : public contracts::Provider {
 public:
  // The references outlive it. `system`: with the system's certificates; without them it serves all
  // but https.
  HttpClient(std::unique_ptr<net::Resolver> resolver, net::ConnectionPlaces& places,
             MaybeTls system, const Clock& clock, Log& log);
  Result<std::unique_ptr<contracts::Endpoint>> open(boost::asio::io_context::executor_type executor,
                                                    const contracts::Settings& settings) override;
  void close() override;

 private:
  const std::unique_ptr<net::Resolver> resolver_;
  net::ConnectionPlaces& places_;
  const MaybeTls system_;
  const Clock& clock_;
  Log& log_;
  std::mutex mutex_;                        // endpoints are opened on their threads
  bool closed_ = false;                     // guarded by mutex_
  std::vector<std::weak_ptr<Seat>> seats_;  // guarded by mutex_
};

}  // namespace weft::providers::http_client
