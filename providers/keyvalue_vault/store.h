// What one thread does with the secrets of one engine: calls on the same secret in their order, and
// those that wait for it together in one read and one write.
#pragma once
#include <boost/asio/io_context.hpp>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/alarm.h"
#include "base/quick_random.h"
#include "net/vault/client.h"
#include "providers/keyvalue_vault/op.h"
#include "providers/keyvalue_vault/settings.h"

namespace weft::providers::keyvalue_vault {

// One thread. A write that depends on what was there names the version it was made from; if
// somebody else was quicker, it is made anew, until the deadlines of its callers.
class Store final {
 public:
  // `settings` and what the client needs outlive this.
  Store(const Checked& settings, const net::vault::Client::Surroundings& around, Log& log);
  Store(const Store&) = delete;
  Store& operator=(const Store&) = delete;
  // Whatever has no outcome yet gets `unavailable`.
  ~Store();

  // `path`: of the secret, not encoded.
  void add(const std::string& path, std::unique_ptr<Op> op);
  // Names below a folder (with its slash).
  void list(const std::string& folder, MonotonicTime deadline, std::function<bool()> wanted,
            std::function<void(Result<std::vector<std::string>>)> done);

  // Those whose callers have gone keep no place.
  void drop_unwanted();
  MonotonicTime latest(MonotonicTime deadline) const { return client_->latest(deadline); }
  const std::string& where() const { return client_->where(); }

 private:
  struct Lane {
    std::string path;
    std::deque<std::unique_ptr<Op>> waiting;
    std::vector<std::unique_ptr<Op>> batch;  // null: it has had its outcome
    Secret secret;
    unsigned attempts = 0;
    std::optional<Alarm> pause;
  };
  using LanePtr = std::shared_ptr<Lane>;
  enum class Verb { read, write, erase };

  bool take_batch(Lane& lane);
  void run(const LanePtr& lane);
  void run_later(const LanePtr& lane);
  void look(const LanePtr& lane);
  void on_look(const LanePtr& lane, Result<net::vault::Reply> reply);
  void apply(const LanePtr& lane);
  void write(const LanePtr& lane, std::optional<std::uint64_t> cas);
  void on_write(const LanePtr& lane, Result<net::vault::Reply> reply);
  void try_again(const LanePtr& lane);
  void erase(const LanePtr& lane);
  void fail_batch(const LanePtr& lane, const Error& error);
  void settle_batch(const LanePtr& lane);
  void expire();
  void set_alarm();
  net::vault::Request request(const LanePtr& lane, Verb verb) const;
  Error unavailable(std::string_view why) const;

  // Set at construction.
  const Checked& settings_;
  const boost::asio::io_context::executor_type executor_;
  const Clock& clock_;
  // What is posted holds it, and finds null when the store is gone.
  const std::shared_ptr<Store*> anchor_ = std::make_shared<Store*>(this);
  // Owner thread only.
  QuickRandom random_;
  std::unordered_map<std::string, LanePtr> lanes_;
  std::size_t ops_ = 0, bytes_ = 0;  // added and without an outcome
  Alarm alarm_;                      // for the earliest deadline
  bool closed_ = false;
  std::unique_ptr<net::vault::Client> client_;

  void forget(Op& op);
};

}  // namespace weft::providers::keyvalue_vault
