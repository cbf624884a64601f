// A client of a Redis Cluster: one pipelined client per node, and the map that says which node has
// which slot.
#pragma once
#include <array>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/alarm.h"
#include "net/redis/client.h"
#include "net/redis/slots.h"

namespace weft::net::redis {

// One thread. What cannot be sent now, because the map is not known or a node is away, waits here
// until its deadline, and is tried again with each new map. What was sent is sent again only when
// the node said that it did not do it.
class Cluster final {
 public:
  // The address has ClusterNodes, of which one must answer. `around` outlives this.
  Cluster(ClientSettings settings, const Client::Surroundings& around);
  Cluster(const Cluster&) = delete;
  Cluster& operator=(const Cluster&) = delete;
  // Whatever has no outcome yet gets `unavailable`.
  ~Cluster();

  // As Client::send; every key of the commands lies in this slot.
  template <class Write>
  void send(std::uint16_t slot, MonotonicTime deadline, std::unique_ptr<Outcome> outcome,
            const Write& write) {
    auto errand = std::make_unique<Errand>();
    Commands commands(errand->bytes);
    write(commands);
    errand->slot = slot;
    errand->count = commands.count();
    errand->transaction = commands.is_transaction();
    errand->deadline = latest(deadline);
    errand->outcome = std::move(outcome);
    route(std::move(errand));
  }
  MonotonicTime latest(MonotonicTime deadline) const {
    return deadline == MonotonicTime::max() ? clock_.now() + settings_.answer_limit : deadline;
  }
  // Those that have slots, as "HOST:PORT" in their order. Empty while the map is not known.
  std::vector<std::string> nodes() const;
  // Null: it has no slots any more. Valid until the thread's next turn.
  Client* find_node(std::string_view node);
  void forget_unwanted();

 private:
  // Commands on their way, kept until a node has done them.
  struct Errand {
    std::string bytes;
    std::uint32_t count = 0;
    bool transaction = false;
    std::uint16_t slot = 0;
    unsigned redirects = 0;
    MonotonicTime deadline;
    std::unique_ptr<Outcome> outcome;
  };
  using ErrandPtr = std::unique_ptr<Errand>;
  class ErrandOutcome;
  class MapOutcome;
  using Node = std::pair<const std::string, Client>;

  void route(ErrandPtr errand);
  void send_to(Client& node, ErrandPtr errand, std::string_view before);
  // False: the error is no word of the cluster to its clients.
  bool redirect(ErrandPtr& errand, std::string_view error);
  void wait(ErrandPtr errand, std::string_view why);
  void fail_errand(ErrandPtr errand, Errc code, std::string_view why) const;

  Client& node(const HostPort& place);
  // A new map is asked for soon.
  void outdate();
  void ask_for_map();
  void on_map(const Reply& reply, const std::string& from);
  void on_tick();
  void drop_nodes();

  // Set at construction.
  const ClientSettings settings_;
  const Client::Surroundings around_;
  const Clock& clock_;
  const std::string where_;

  std::map<std::string, Client, std::less<>> nodes_;  // by "HOST:PORT"
  std::array<Client*, k_slots> slots_{};              // null: nobody has it
  std::deque<ErrandPtr> waiting_;
  std::size_t waiting_bytes_ = 0;
  std::string trouble_ = "the slots of the cluster are not known yet";
  bool asking_ = false;   // for the map
  bool outdated_ = true;  // the map
  std::size_t turn_ = 0;  // whom to ask next
  Alarm tick_;
};

}  // namespace weft::net::redis
