// A client of one Vault server: requests with a token that is kept alive, sent again where that
// does no harm, and errors that say what to do.
#pragma once
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_set>

#include "net/vault/session.h"
#include "net/vault/transport.h"

namespace weft::net::vault {

struct ClientSettings {
  TransportSettings transport = {};
  Login login = {};
  std::string label = {};  // begins every error: "weft:keyvalue-vault shop-kv"
  std::chrono::milliseconds answer_limit{5000};  // for requests without a deadline
};

// Whether a request may be done twice without harm.
enum class Repeat { no, yes };

struct Request {
  std::string method;       // GET, POST, DELETE
  std::string path;         // below /v1/, encoded, with its query
  std::string policy_path;  // as policies name it, for the error of who is not allowed
  std::string capability;   // "read", of the same
  std::string body = {};    // JSON; empty: none
  Repeat repeat = Repeat::no;
  MonotonicTime deadline = MonotonicTime::max();
  std::function<bool()> wanted = {};  // asked before it is sent after a wait; null: it is
};

struct Reply {
  std::uint16_t status = 0;  // 2xx, or 404 of something that is not there
  std::string body;
};

// One thread.
class Client final {
 public:
  using Surroundings = Transport::Surroundings;
  // `tls` is null when the address is without; `log` and what is in `around` outlive this.
  Client(ClientSettings settings, std::shared_ptr<const TlsClient> tls, const Surroundings& around,
         Log& log);
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;
  // Whatever has no outcome yet gets `unavailable`.
  ~Client();

  // conflict: the check-and-set did not match. denied: with the line for the policy, which is also
  // logged. exhausted:
  // with the limit. unavailable: not done, or nobody knows whether it was: the message tells.
  // timed_out: sent, and no reply in time. not_found: no engine is mounted there. `done` is called
  // once, possibly before this returns; it may send.
  using Done = std::function<void(Result<Reply>)>;
  void send(Request request, Done done);
  MonotonicTime latest(MonotonicTime deadline) const;
  // Why nothing is answered now; empty when nothing went wrong.
  std::string_view trouble() const;
  const std::string& where() const { return where_; }

 private:
  class Call;
  using CallPtr = std::shared_ptr<Call>;
  void attempt(const CallPtr& call);
  void on_broken(const CallPtr& call, const Broken& broken);
  void on_answer(const CallPtr& call, HttpAnswer answer);
  void on_refusal(const CallPtr& call);
  void again(const CallPtr& call, std::string why, std::chrono::seconds pause);
  void finish(const CallPtr& call, Result<Reply> result);
  void on_session();
  Error unavailable(std::string_view why) const;
  Error denied(const Request& request);
  // What callers may not be told, once for each `what`.
  void tell(const std::string& what, std::string_view message, const Error& error);

  // Set at construction.
  const ClientSettings settings_;
  const std::string where_;  // label and address, for errors
  const Surroundings around_;
  Log& log_;
  // Owner thread only.
  QuickRandom random_;
  std::unordered_set<CallPtr> calls_;
  std::unordered_set<std::string> told_;
  std::string trouble_;  // what the server said last when it did nothing; empty after an answer
  std::unique_ptr<Transport> transport_;
  Session session_;
  bool closed_ = false;
};

}  // namespace weft::net::vault
