// A client of one Redis server: commands of all callers of a thread in one pipeline, over one
// connection that is made again whenever it is lost: with sentinels to the server that is the
// primary then.
#pragma once
#include <boost/asio/io_context.hpp>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

#include "base/alarm.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/quick_random.h"
#include "net/redis/address.h"
#include "net/redis/command.h"
#include "net/redis/connection.h"
#include "net/redis/primary.h"
#include "net/redis/reply.h"

namespace weft::net::redis {

// What is to be sent while there is no connection: waits for one, or fails (on_unsent), for whoever
// may send it elsewhere.
enum class Unsent { waits, fails };

struct ClientSettings {
  Address address = {};
  std::string label =
      {};  // begins every error and names the log lines: "weft:keyvalue-redis shop-kv"
  std::string name = {};                          // as CLIENT LIST shows it, without spaces
  std::chrono::milliseconds connect_limit{3000};  // until the server has greeted
  // For commands without a deadline; and how long the server may say and take nothing while it owes
  // replies, before the connection counts as dead.
  std::chrono::milliseconds answer_limit{5000};
  std::chrono::milliseconds retry_most{
      300};  // between two attempts to connect, after the first few
  // Of what waits to be sent, and of all commands without a reply. Full: unavailable.
  std::size_t queue_bytes = std::size_t{128} << 20;
  std::size_t queue_commands = 8192;
  Unsent unsent = Unsent::waits;
  std::size_t reply_bytes = std::size_t{128} << 20;  // of one reply; a larger one is passed over
};

// Where the outcome of what was sent goes: to one of the two, once, on the client's thread; a
// failure possibly before send() returns. They may send.
class Outcome {
 public:
  virtual ~Outcome() = default;
  // Valid during the call. An error of Redis is a reply, too. Of several commands: the first error,
  // or else the last reply.
  virtual void on_reply(const Reply& reply) noexcept = 0;
  // unavailable: not sent, or sent and the connection lost, so that nobody knows whether it was
  // done; the message tells which. timed_out: sent, and no reply in time. exhausted: done, and the
  // reply is too large. denied: a transaction, not sent, because the server does not allow any.
  virtual void on_failure(Error error) noexcept = 0;
  // It was not sent, because there is no connection; only with Unsent::fails.
  virtual void on_unsent(Error error) noexcept { on_failure(std::move(error)); }
  // Asked before it is sent after a wait: if false it is dropped.
  virtual bool wanted() const noexcept = 0;
};

// One thread. Commands are sent in the order of send(): at once when no reply is due, otherwise all
// of one turn of the thread in one write.
// While there is no connection they wait, until their deadlines.
class Client final : private ConnectionUser {
 public:
  struct Surroundings {
    boost::asio::io_context::executor_type executor;
    Resolver& resolver;
    const Clock& clock;
    Random& random;
    Log& log;
  };
  // Connects at once. `tls` is null when the address is without; the others outlive this.
  Client(ClientSettings settings, std::shared_ptr<const TlsClient> tls, const Surroundings& around);
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;
  // Whatever has no outcome yet gets `unavailable`.
  ~Client();

  // `write` is called with Commands, at once or not at all; several of them stay together.
  // MonotonicTime::max() is no deadline.
  template <class Write>
  void send(MonotonicTime deadline, std::unique_ptr<Outcome> outcome, const Write& write) {
    if (auto full = admit(deadline)) return outcome->on_failure(*std::move(full));
    const std::size_t before = out_.size();
    Commands commands(out_);
    write(commands);
    add({std::move(outcome), deadline, out_.size() - before, commands.count(),
         commands.is_transaction() ? Transaction::waiting : Transaction::none});
  }

  // Drops what nobody wants of what waits, and of what was sent its outcome.
  void forget_unwanted();
  // The deadline of a command for which the caller has this one, or none.
  MonotonicTime latest(MonotonicTime deadline) const {
    return deadline == MonotonicTime::max() ? clock_.now() + settings_.answer_limit : deadline;
  }
  // Commands sent or waiting whose outcome is not known.
  std::size_t waiting() const { return entries_.size(); }
  // Of what waits to be sent.
  std::size_t waiting_bytes() const { return out_.size() + writing_bytes_; }
  const ClientSettings& settings() const { return settings_; }

 private:
  enum class State { idle, pausing, connecting, greeting, up, closed };
  enum class Step { hello, authenticate, name, select, ping, multi, exec };
  // Of the commands of an entry; those of one that is refused are done one by one.
  enum class Transaction { none, waiting, begun, refused };
  struct Entry {
    std::unique_ptr<Outcome> outcome;  // null: it has had its outcome, the replies are still due
    MonotonicTime deadline;
    std::size_t bytes;      // in out_, while it is not sent
    std::uint32_t replies;  // still due
    Transaction transaction;
  };

  std::optional<Error> admit(MonotonicTime& deadline);
  bool full() const;
  void add(Entry entry);
  void fail_unsent();
  void flush_later();
  void flush();
  void written();
  void drop_what_nobody_wants();
  void refuse_transactions();
  void ask_for_transactions();
  Error no_transactions() const;

  void connect();
  void on_primary(Result<HostPort> found);
  void greet(Step step);
  void on_greeting(const Reply& reply);
  void send_greeting();
  void on_up();
  // The connection is of no more use. What was sent on it fails.
  void lose(std::string_view why);
  // The same, and what waits fails too: trying again will hardly help.
  void refused(std::string_view why);
  void pause_or_rest();

  void on_open() override;
  void on_bytes(std::span<const char> bytes) override;
  void on_progress() override;
  void on_written() override;
  void on_broken(Error error) override;
  void deliver(const Reply& reply);
  void settle(std::unique_ptr<Outcome> outcome, const Reply& reply, const std::string& first_error);

  void on_alarm();
  bool is_silent(MonotonicTime now);
  void expire(MonotonicTime now);
  void set_alarm();
  Error unavailable(std::string_view why) const;
  bool has_sentinels() const { return std::holds_alternative<Sentinels>(settings_.address.place); }

  // Set at construction.
  const ClientSettings settings_;
  const std::shared_ptr<const TlsClient> tls_;
  const boost::asio::io_context::executor_type executor_;
  Resolver& resolver_;
  const Clock& clock_;
  Log& log_;
  const std::string where_;  // label and address, for errors
  // What is posted holds it, and finds null when the client is gone.
  const std::shared_ptr<Client*> anchor_ = std::make_shared<Client*>(this);
  QuickRandom random_;

  State state_ = State::idle;
  Step step_ = Step::hello;
  MonotonicTime phase_ends_ = MonotonicTime::max();  // of pausing, connecting and greeting
  unsigned failures_ = 0;                  // attempts since there was a connection that lasted
  MonotonicTime up_since_;                 // of the connection that there is, or was
  std::string trouble_;                    // of the last of them
  std::unique_ptr<PrimaryLookup> lookup_;  // while sentinels are asked
  std::size_t sentinel_ = 0;               // that answered last
  std::unique_ptr<Connection> connection_;
  ReplyReader reader_;
  // From the server, or when it last took something, or began to owe replies.
  MonotonicTime heard_;
  std::size_t unacknowledged_ = 0;  // of a write that took a while, when it was looked at last

  std::deque<Entry> entries_;   // in the order in which they were sent or will be
  std::size_t sent_ = 0;        // so many of them, from the front, went to the connection
  std::string out_;             // the bytes of the others
  std::size_t dead_bytes_ = 0;  // of out_: of entries that have had their outcome
  MonotonicTime swept_;         // when what nobody wants was last dropped because it took room
  std::string greeting_;
  std::size_t writing_bytes_ = 0;  // not 0 while the connection writes
  bool flush_posted_ = false;
  std::string first_error_;  // of the several commands of the entry in front
  // What the server said when it did not allow a transaction; empty: it does.
  std::string no_transactions_;
  MonotonicTime transactions_asked_;
  Alarm alarm_;
};

}  // namespace weft::net::redis
