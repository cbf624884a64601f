// Where the keys lie: on one server, or on the nodes of a cluster.
#pragma once
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "net/redis/client.h"
#include "net/redis/cluster.h"

namespace weft::providers::keyvalue_redis {

// One thread.
class Servers final {
 public:
  Servers(const net::redis::ClientSettings& settings, std::shared_ptr<const net::TlsClient> tls,
          const net::redis::Client::Surroundings& around) {
    if (std::holds_alternative<net::redis::ClusterNodes>(settings.address.place)) {
      cluster_ = std::make_unique<net::redis::Cluster>(settings, around);
    } else {
      server_ = std::make_unique<net::redis::Client>(settings, std::move(tls), around);
    }
  }

  bool is_cluster() const { return cluster_ != nullptr; }
  // As Client::send. `slot`: of the keys; counts in a cluster only.
  template <class Write>
  void send(std::uint16_t slot, MonotonicTime deadline,
            std::unique_ptr<net::redis::Outcome> outcome, const Write& write) {
    if (server_) return server_->send(deadline, std::move(outcome), write);
    cluster_->send(slot, deadline, std::move(outcome), write);
  }
  MonotonicTime latest(MonotonicTime deadline) const {
    return server_ ? server_->latest(deadline) : cluster_->latest(deadline);
  }
  void forget_unwanted() {
    if (server_) return server_->forget_unwanted();
    cluster_->forget_unwanted();
  }
  // In their order; "" is the one server. Of a cluster they may not be known yet: none.
  std::vector<std::string> nodes() const {
    return server_ ? std::vector<std::string>{""} : cluster_->nodes();
  }
  // Null: there is no such node (any more).
  net::redis::Client* find_node(std::string_view name) {
    if (server_) return server_.get();
    return cluster_->find_node(name);
  }

 private:
  std::unique_ptr<net::redis::Client> server_;  // one of them is there
  std::unique_ptr<net::redis::Cluster> cluster_;
};

}  // namespace weft::providers::keyvalue_redis
