#include "tests/support/redis_cluster.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <functional>
#include <thread>

namespace weft::tests {
namespace {

constexpr std::size_t k_cluster_slots = 16384;
constexpr std::chrono::seconds k_cluster_patience{20};

// Fails the test when it does not become true.
void expect_soon(const std::function<bool()>& true_now, const char* what) {
  const auto until = std::chrono::steady_clock::now() + k_cluster_patience;
  while (!true_now()) {
    if (std::chrono::steady_clock::now() > until) {
      ADD_FAILURE() << "the Redis Cluster of the test never came to this: " << what;
      return;
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
}

std::size_t first_slot_of(std::size_t primary) {
  return k_cluster_slots * primary / RedisCluster::k_primaries;
}

}  // namespace

RedisCluster::RedisCluster() {
  for (std::size_t i = 0; i <= k_primaries; ++i) {
    bus_ports_.push_back(free_port());
    nodes_.emplace_back(std::vector<std::string>{
        "--cluster-enabled", "yes", "--cluster-port", std::to_string(bus_ports_.back()),
        "--cluster-node-timeout", "500", "--repl-diskless-sync-delay", "0"});
  }
  give_slots();
  join();
}

void RedisCluster::give_slots() {
  for (std::size_t i = 0; i < k_primaries; ++i) {
    nodes_[i].cli({"CLUSTER", "ADDSLOTSRANGE", std::to_string(first_slot_of(i)),
                   std::to_string(first_slot_of(i + 1) - 1)});
    nodes_[i].cli({"CLUSTER", "SET-CONFIG-EPOCH", std::to_string(i + 1)});
  }
}

void RedisCluster::join() {
  for (std::size_t i = 1; i <= k_primaries; ++i) {
    nodes_[0].cli({"CLUSTER", "MEET", "127.0.0.1", std::to_string(nodes_[i].port()),
                   std::to_string(bus_ports_[i])});
  }
  expect_soon(
      [this] {
        return std::ranges::all_of(nodes_, [](const RedisServer& node) {
          const auto info = node.cli({"CLUSTER", "INFO"});
          return info.find("cluster_state:ok") != std::string::npos &&
                 info.find("cluster_known_nodes:4") != std::string::npos;
        });
      },
      "all nodes know each other");
  auto& replica = nodes_[k_primaries];
  replica.cli({"CLUSTER", "REPLICATE", id(0)});
  expect_soon(
      [&] {
        return replica.cli({"INFO", "replication"}).find("master_link_status:up") !=
                   std::string::npos &&
               nodes_[1].cli({"CLUSTER", "NODES"}).find("slave") != std::string::npos;
      },
      "the replica has what its primary has");
}

std::string RedisCluster::url() const {
  return "cluster://127.0.0.1:" + std::to_string(nodes_[0].port()) +
         ",127.0.0.1:" + std::to_string(nodes_[1].port());
}

std::size_t RedisCluster::node_of_slot(std::uint16_t slot) const {
  std::size_t primary = 0;
  while (first_slot_of(primary + 1) <= slot) ++primary;
  return primary;
}

void RedisCluster::clear() {
  for (std::size_t i = 0; i < k_primaries; ++i) nodes_[i].cli({"FLUSHALL"});
}

}  // namespace weft::tests
