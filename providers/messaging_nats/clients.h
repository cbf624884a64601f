// The connections of a provider: one for each thread and way to connect, however many links use it.
// So what a thread subscribes to and what it publishes reach the server in the order in which it
// did so.
#pragma once
#include <boost/asio/io_context.hpp>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>

#include "contracts/provider.h"
#include "net/nats/client.h"
#include "net/resolver.h"

namespace weft::providers::messaging_nats {

// Shared by the endpoints and subscriptions of one thread; the last of them ends it, there.
using ClientPtr = std::shared_ptr<net::nats::Client>;

// Any thread.
class Clients final {
 public:
  // What the start names outlives this.
  Clients(std::string label, const contracts::ProviderStart& start);

  // On the thread whose executor this is. invalid: the settings, with the key that is wrong.
  Result<ClientPtr> open(const boost::asio::io_context::executor_type& executor,
                         const contracts::Settings& settings);

 private:
  // Which thread, and the settings that make a connection.
  using Key = std::pair<const void*, std::string>;

  const std::string label_, name_;
  const Clock& clock_;
  Random& random_;
  Log& log_;
  net::SystemResolver resolver_;
  std::mutex mutex_;                                         // threads open at the same time
  std::map<Key, std::weak_ptr<net::nats::Client>> clients_;  // guarded by mutex_
};

// invalid: as open() says it.
Result<net::nats::ClientSettings> read_settings(const contracts::Settings& settings);

}  // namespace weft::providers::messaging_nats
