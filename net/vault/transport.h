// HTTP to one server: several connections that are kept, and a bounded queue for what has none yet.
#pragma once
#include <boost/asio/io_context.hpp>
#include <chrono>
#include <cstddef>
#include <deque>
#include <expected>
#include <functional>
#include <list>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/alarm.h"
#include "base/clock.h"
#include "base/quick_random.h"
#include "net/dial.h"
#include "net/http_client.h"
#include "net/vault/address.h"

namespace weft::net::vault {

struct TransportSettings {
  Address address = {};
  std::chrono::milliseconds connect_limit{3000};
  std::chrono::milliseconds retry_most{300};  // between two attempts to connect
  std::size_t connections = 16;
  // Of what waits or is under way. Full: Broken::Kind::full.
  std::size_t queue_calls = 4096;
  std::size_t queue_bytes = std::size_t{128} << 20;
  std::size_t reply_bytes = std::size_t{128} << 20;  // of one reply
};

struct HttpAsk {
  std::string method;
  std::string target;
  std::vector<std::pair<std::string, std::string>> fields;
  std::string body;  // empty: none
  MonotonicTime deadline{};
  std::function<bool()> wanted = {};  // asked before it is sent after a wait; null: it is
};

struct HttpAnswer {
  std::uint16_t status = 0;
  std::string body;
  std::chrono::seconds retry_after{0};
};

struct Broken {
  enum class Kind {
    not_sent,   // no connection in time, or never
    full,       // not sent: the queue is full
    lost,       // sent, and nobody knows what became of it
    late,       // the same: no reply in time
    too_large,  // the reply
    closed,     // the transport goes away
  };
  Kind kind;
  std::string why;
};

// One thread.
class Transport final {
 public:
  struct Surroundings {
    boost::asio::io_context::executor_type executor;
    Resolver& resolver;
    const Clock& clock;
    Random& random;
  };
  using Done = std::function<void(std::expected<HttpAnswer, Broken>)>;

  // `tls` is null when the address is without; what is in `around` outlives this.
  Transport(TransportSettings settings, std::shared_ptr<const TlsClient> tls,
            const Surroundings& around);
  Transport(const Transport&) = delete;
  Transport& operator=(const Transport&) = delete;
  // What is not done yet ends as `closed`.
  ~Transport();

  // `done` is called once, possibly before this returns; it may send.
  void send(HttpAsk ask, Done done);
  // Why there is no connection; empty while there is, or nobody tried.
  const std::string& trouble() const { return trouble_; }
  std::size_t waiting() const { return calls_.size(); }

 private:
  class Call;
  struct Line {
    std::unique_ptr<HttpClientConnection> connection;
    MonotonicTime since;
  };
  void serve();
  void dial_more();
  void dialled(Dial* dial, std::expected<std::unique_ptr<ClientStream>, DialFault> result);
  void lost(const HttpClientConnection* connection);
  void end(Call& call, std::expected<HttpAnswer, Broken> outcome);
  void keep(std::unique_ptr<HttpClientConnection> connection);
  void fail_all(Broken::Kind kind, std::string_view why);

  // Set at construction.
  const TransportSettings settings_;
  const HttpClientSettings http_;
  const std::shared_ptr<const TlsClient> tls_;
  const boost::asio::io_context::executor_type executor_;
  Resolver& resolver_;
  const Clock& clock_;
  // Owner thread only.
  QuickRandom random_;
  std::list<std::unique_ptr<Call>> calls_;
  std::deque<Call*> waiting_;  // those of them that have no connection, in their order
  std::vector<Line> idle_;     // the latest last
  std::vector<std::unique_ptr<Dial>> dials_;
  std::size_t bytes_ = 0;  // of the bodies of calls_
  std::size_t busy_ = 0;
  unsigned failures_ = 0;  // of dials, in a row
  std::string trouble_;
  Alarm retry_;  // set: no dial before that
  bool closed_ = false;
};

}  // namespace weft::net::vault
