// weft:http-client on one thread with one grant.
#pragma once
#include <boost/asio/ip/address.hpp>
#include <cstddef>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>

#include "base/log.h"
#include "contracts/provider.h"
#include "providers/http_client/call.h"
#include "providers/http_client/pool.h"

namespace weft::providers::http_client {

class HttpClientEndpoint;

// How a provider finds an endpoint of its own on the endpoint's thread.
struct Seat {
  net::Executor executor;
  HttpClientEndpoint* endpoint = nullptr;  // null: it is gone; on its thread only
};

class HttpClientEndpoint final : public contracts::Endpoint {
 public:
  // `executor`'s context and the references outlive it.
  HttpClientEndpoint(const net::Executor& executor, net::Resolver& resolver,
                     net::ConnectionPlaces& places, const Clock& clock, Log& log, Grant grant,
                     const MaybeTls& tls);
  // Calls under way are answered `unavailable`.
  ~HttpClientEndpoint() override;

  contracts::Pending invoke(contracts::Invocation invocation, contracts::Replier& replier) override;
  std::size_t in_flight() const override { return calls_.size(); }

  // Answers `unavailable` to the calls under way and all that come.
  void close();
  const std::shared_ptr<Seat>& seat() const { return seat_; }
  // For its calls.
  Pool& pool() { return pool_; }
  const Grant& grant() const { return grant_; }
  const Clock& clock() const { return clock_; }
  void remove(HttpClientCall& call) { calls_.erase(&call); }
  // These tell, once in a while for each source, target and reason, why a request was refused and
  // what would allow it.
  void refused_address(const std::string& source, const Target& target,
                       const boost::asio::ip::address& address);
  void refused_place(const std::string& source, const Target& target, std::string_view why);

 private:
  void refused_target(const std::string& source, const Target& target, std::string_view key);
  void refused_tls(const std::string& source, const Target& target);
  bool is_news(const std::string& source, const Target& target, std::string_view reason);

  const std::shared_ptr<Seat> seat_;
  const Clock& clock_;
  Log& log_;
  const Grant grant_;
  const std::optional<Error> no_tls_;  // why not
  Pool pool_;
  std::unordered_map<HttpClientCall*, std::unique_ptr<HttpClientCall>> calls_;
  bool closed_ = false;
  std::set<std::string> told_;
  MonotonicTime told_since_{};
};

}  // namespace weft::providers::http_client
