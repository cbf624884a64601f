// The connections of one thread and one grant: kept for the next request to the same origin,
// dialled when there is none, and no more at once than the grant says.
#pragma once
#include <cstddef>
#include <deque>
#include <expected>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/alarm.h"
#include "net/descriptors.h"
#include "net/dial.h"
#include "net/http_client.h"
#include "providers/http_client/grant.h"

namespace weft::providers::http_client {

// A connection with its place in the pool.
struct Line {
  std::string origin;  // "https://example.com:443"
  std::unique_ptr<net::HttpClientConnection> connection;
  MonotonicTime idle_since{};
  std::unique_ptr<net::ConnectionPlaces::Place> place;  // of the process
};

struct PoolFault {
  std::optional<net::DialFault> dial;  // null: there is no place for another connection
  std::string why;                     // then
};

// Asks for one connection; dropping it gives that up.
class Wish {
 public:
  virtual ~Wish() = default;
};

struct WishFor {
  Target target;
  std::string asker;         // on whose behalf
  MonotonicTime deadline{};  // for all that comes before the request
};

class Pool final {
 public:
  // `executor`'s context and the references but `grant` outlive it.
  Pool(const net::Executor& executor, net::Resolver& resolver, net::ConnectionPlaces& places,
       const Clock& clock, const Grant& grant, std::shared_ptr<const net::TlsClient> tls);
  ~Pool();
  Pool(const Pool&) = delete;
  Pool& operator=(const Pool&) = delete;

  // A kept connection, at once. Null: there is none. `look`: for a request that cannot be sent
  // again, whether the server has closed it is asked of the system first.
  enum class Look { no, yes };
  std::unique_ptr<Line> take(const Target& target, Look look);
  // A new one: `done` is called once, never from within this.
  using Done = std::function<void(std::expected<std::unique_ptr<Line>, PoolFault>)>;
  std::unique_ptr<Wish> dial(const WishFor& wish, Done done);
  // After a request: keeps the connection if it can be used again.
  void give_back(std::unique_ptr<Line> line);

  std::size_t open() const { return open_; }
  const net::HttpClientSettings& settings() const { return settings_; }

 private:
  class Dialling;
  std::string origin(const Target& target) const;
  void begin(Dialling& wish);
  void dialled(Dialling& wish,
               std::expected<std::unique_ptr<net::ClientStream>, net::DialFault> result);
  void lost(const Line* line);
  void closed();
  PoolFault full() const;
  void refuse(const std::shared_ptr<Dialling>& wish, PoolFault fault);
  void forget(Dialling& wish);
  bool hand_over(std::unique_ptr<Line>& line);
  void make_place();
  void sweep();

  // Set at construction.
  const net::Executor executor_;
  net::Resolver& resolver_;
  net::ConnectionPlaces& places_;
  const Clock& clock_;
  const Grant grant_;
  const std::shared_ptr<const net::TlsClient> tls_;
  const net::HttpClientSettings settings_;
  // Owner thread only.
  Alarm sweep_;
  std::map<std::string, std::vector<std::unique_ptr<Line>>> idle_;  // the newest last
  std::deque<Dialling*> waiting_;                                   // for a place
  std::size_t open_ = 0;  // lines that are out, idle or being dialled
};

}  // namespace weft::providers::http_client
