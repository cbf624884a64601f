// A Redis Cluster of a test's own.
#pragma once
#include <cstdint>
#include <deque>
#include <string>
#include <vector>

#include "tests/support/redis_server.h"

namespace weft::tests {

// Three primaries, each with a third of the slots, and a replica of the first. A node that is
// silent for half a second is taken for dead.
class RedisCluster final {
 public:
  RedisCluster();

  static constexpr std::size_t k_primaries = 3;
  // Begins with the nodes that are named.
  std::string url() const;
  // The primaries, and then the replica.
  RedisServer& node(std::size_t index) { return nodes_[index]; }
  std::string id(std::size_t index) const { return nodes_[index].cli({"CLUSTER", "MYID"}); }
  std::size_t node_of_slot(std::uint16_t slot) const;
  // No keys any more.
  void clear();

 private:
  void give_slots();
  void join();

  std::vector<std::uint16_t> bus_ports_;
  std::deque<RedisServer> nodes_;
};

}  // namespace weft::tests
