// A client of NATS: what all callers of a thread publish, ask and hear, over one connection that is
// made again whenever it is lost, to whichever server of the cluster is there.
#pragma once
#include <boost/asio/io_context.hpp>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/alarm.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/quick_random.h"
#include "net/nats/address.h"
#include "net/nats/connection.h"
#include "net/nats/credentials.h"
#include "net/nats/info.h"
#include "net/nats/message.h"
#include "net/nats/parser.h"

namespace weft::net::nats {

struct ClientSettings {
  std::vector<Server> servers = {};  // at least one
  Credentials credentials = {};
  std::shared_ptr<const TlsClient> tls = nullptr;  // null: made when a server asks for TLS
  std::string label = {};        // begins every error: "weft:keyvalue-nats shop-kv"
  std::string name = {};         // as the server shows it
  std::string inbox = "_INBOX";  // what subjects of answers begin with
  std::chrono::milliseconds connect_limit{3000};  // until the server has greeted
  // For requests without a deadline; and how long the server may say nothing while it owes an
  // answer, before the connection counts as dead.
  std::chrono::milliseconds answer_limit{5000};
  std::chrono::milliseconds quiet_limit{30'000};  // the same while it owes none
  std::chrono::milliseconds retry_most{300};      // between two attempts to connect
  // Of what waits to be sent, and of requests and publications without an answer. Full:
  // unavailable.
  std::size_t queue_bytes = std::size_t{128} << 20;
  std::size_t queue_requests = 8192;                   // at most 65,535
  std::size_t message_bytes = std::size_t{128} << 20;  // of one that comes in
};

enum class More { no, yes };

// Where what becomes of a request or publication goes, on the client's thread; a failure possibly
// before request() returns. They may send.
class Outcome {
 public:
  virtual ~Outcome() = default;
  // An answer, or the server's word that nobody listens (Message::no_responders). Of a publication
  // an empty message, when the server has it. More::yes: further answers are waited for, until the
  // deadline.
  virtual More on_reply(const Message& message) noexcept = 0;
  // unavailable: not sent, or the connection was lost, so that nobody knows what became of it; the
  // message tells which. timed_out: sent, and no answer in time. denied: not with these rights.
  // exhausted: larger than the server takes. invalid: no subject. cancelled: it was not wanted any
  // more before it was sent.
  virtual void on_failure(Error error) noexcept = 0;
  // Asked before it is sent after a wait: if false it is dropped.
  virtual bool wanted() const noexcept = 0;
};

// Who hears what comes to a subscription, on the client's thread.
class Subscriber {
 public:
  // May send, subscribe and unsubscribe. It is not asked to wait: what it cannot take it drops.
  virtual void on_message(const Message& message) noexcept = 0;
  // The server does not allow it; nothing will come.
  virtual void on_refused(Error error) noexcept = 0;

 protected:
  ~Subscriber() = default;
};

// One thread. What is sent keeps its order. While there is no connection it waits, until its
// deadline. Nothing is sent twice.
class Client final : private ConnectionUser {
 public:
  using SubscriptionId = std::uint64_t;
  struct Surroundings {
    boost::asio::io_context::executor_type executor;
    Resolver& resolver;
    const Clock& clock;
    Random& random;
    Log& log;
  };
  // Connects at once. What surrounds it outlives it.
  Client(ClientSettings settings, const Surroundings& around);
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;
  // Whatever has no outcome yet gets `unavailable`.
  ~Client();

  // MonotonicTime::max() is no deadline.
  void request(const Outgoing& what, MonotonicTime deadline, std::unique_ptr<Outcome> outcome);
  // A request whose answers come under subjects of their own, as those of a JetStream consumer do.
  void fetch(const Outgoing& what, MonotonicTime deadline, std::unique_ptr<Outcome> outcome);
  // The outcome tells whether the server has it. An empty subject sends nothing, and tells whether
  // the server has all that was sent before.
  void publish(const Outgoing& what, MonotonicTime deadline, std::unique_ptr<Outcome> outcome);
  // Sent when there is a connection, with no word of what becomes of it. The errors are those of an
  // outcome that fails at once.
  Result<> post(const Outgoing& what);

  // `subscriber` outlives the subscription, which outlives connections. Of all who subscribe with
  // one queue name one gets each message; "" is none. invalid: no pattern or no queue name.
  Result<SubscriptionId> subscribe(std::string_view pattern, std::string_view queue,
                                   Subscriber& subscriber);
  // Nothing is heard any more.
  void unsubscribe(SubscriptionId id);
  // The server sends no more; `done` when all that it had sent was heard, or the connection is
  // gone. Not when the client goes away before.
  void drain(SubscriptionId id, std::function<void()> done);

  // Ends what nobody wants any more, sent or not, so that it keeps no place.
  void forget_unwanted();

  bool connected() const { return state_ == State::up; }
  // Of the server that was met last.
  const Info& server() const { return info_; }
  // Requests and publications whose outcome is not known.
  std::size_t waiting() const { return slots_.size() - free_.size(); }
  std::size_t waiting_bytes() const { return out_.size() + writing_bytes_; }
  const ClientSettings& settings() const { return settings_; }
  // Label and servers: what errors begin with.
  const std::string& where() const { return where_; }

 private:
  enum class State { idle, pausing, connecting, informed, securing, greeting, up, closed };
  enum class Kind { request, fetch, publication };
  struct Slot {
    std::unique_ptr<Outcome> outcome = nullptr;  // null: free
    MonotonicTime deadline = MonotonicTime::max();
    std::uint64_t serial = 0;
    std::size_t subject = 0;  // its hash
    Kind kind = Kind::request;
    bool sent = false;
    SubscriptionId subscription = 0;  // of a fetch: its own
  };
  struct Reference {
    std::size_t index = 0;
    std::uint64_t serial = 0;  // 0: nobody waits for it
  };
  enum class Part { message, control };  // control: of this connection only
  struct Unsent {
    Part part;
    Reference slot;
    std::size_t bytes;
    std::size_t payload;
  };
  struct Subscription {
    std::string pattern;
    std::string queue;
    Subscriber* subscriber;
  };
  struct Ping {
    std::uint64_t number;
    Reference slot;
    std::function<void()> done;
  };

  // client.cpp: what callers send and hear
  void send(Kind kind, const Outgoing& what, MonotonicTime deadline,
            std::unique_ptr<Outcome> outcome);
  std::optional<Error> admit(const Outgoing& what, std::size_t requests) const;
  std::optional<Error> too_large(std::size_t payload) const;
  std::size_t most_requests() const;
  Reference take_slot(Slot slot);
  Slot* find(Reference reference);
  std::unique_ptr<Outcome> release(Reference reference);
  void fail_slots(const std::function<bool(const Slot&)>& which, const Error& error);
  void write_control(std::string_view bytes);
  void flush_later();
  void flush();
  void written();
  void drop_what_nobody_wants();
  void on_message(const Incoming& incoming);
  void on_answer(const Message& message);
  void on_answer(Reference reference, const Message& message);
  void on_pong();
  void on_violation(std::string_view text);
  Error unavailable(std::string_view why) const;

  // connecting.cpp: the connection and its time
  void connect();
  void on_info(const Info& info);
  void learn(const Info& info);
  void greet();
  void send_greeting();
  void on_greeting(const Incoming& incoming);
  void on_up();
  void on_incoming(const Incoming& incoming);
  void on_error(std::string_view text);
  // The connection is of no more use. What was sent on it fails.
  void lose(std::string_view why);
  // The same, and what waits fails too: trying again will hardly help.
  void refused(std::string_view why);
  void pause_or_rest();
  void leave_if_done();
  void on_open() override;
  void on_bytes(std::span<const char> bytes) override;
  void on_written() override;
  void on_broken(Error error) override;
  void on_alarm();
  void listen_for_life(MonotonicTime now);
  void expire(MonotonicTime now);
  void set_alarm();
  std::chrono::milliseconds silence() const;

  // Set at construction.
  const ClientSettings settings_;
  const Surroundings around_;
  const std::string where_;
  // What is posted holds it, and finds null when the client is gone.
  const std::shared_ptr<Client*> anchor_ = std::make_shared<Client*>(this);
  QuickRandom random_;
  std::string inbox_;  // "_INBOX.XXXX."

  State state_ = State::idle;
  std::vector<Server> servers_;  // those of the settings, then those that servers told of
  std::size_t server_ = 0;       // the one that is connected to, or will be next
  std::shared_ptr<const TlsClient> tls_;
  MonotonicTime phase_ends_ = MonotonicTime::max();  // of everything between idle and up
  unsigned failures_ = 0;                            // attempts since there was a connection
  std::string trouble_;                              // of the last of them
  std::unique_ptr<Connection> connection_;
  Parser parser_;
  Info info_;
  std::string greeting_;
  MonotonicTime heard_;          // from the server, or when it began to owe an answer
  bool asked_for_life_ = false;  // since then
  bool leaving_ = false;         // the server is about to stop
  MonotonicTime leave_by_ = MonotonicTime::max();

  std::vector<Slot> slots_;
  std::vector<std::size_t> free_;
  std::uint64_t serial_ = 0;
  std::string out_;
  std::deque<Unsent> unsent_;  // what out_ consists of
  std::size_t dead_bytes_ = 0;
  std::size_t writing_bytes_ = 0;  // not 0 while the connection writes
  bool flush_posted_ = false;
  std::uint64_t pings_ = 0, pongs_ = 0;  // of this connection
  std::deque<Ping> awaited_pongs_;
  std::map<SubscriptionId, Subscription> subscriptions_;
  std::map<SubscriptionId, Reference> fetches_;
  SubscriptionId last_subscription_ = 1;  // 1 is that of answers
  Alarm alarm_;
};

}  // namespace weft::net::nats
