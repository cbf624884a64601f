// Who one is for Vault: a token, held and renewed, or fetched with the words of an AppRole.
#pragma once
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/alarm.h"
#include "base/log.h"
#include "base/quick_random.h"
#include "net/vault/reply.h"
#include "net/vault/transport.h"

namespace weft::net::vault {

// A secret word: as it is, or the first line of a file, which is read whenever it is needed.
struct Word {
  std::string text = {};
  std::string file = {};  // counts when `text` is empty

  bool given() const { return !text.empty() || !file.empty(); }
  // invalid: the file cannot be read, or is empty.
  Result<std::string> read() const;
};

struct Login {
  Word token;      // or
  Word role_id;    // both
  Word secret_id;  // of these
  std::string auth_mount = "approle";
  std::string name_space = {};  // X-Vault-Namespace
};

// One thread. Renews the token when two thirds of its time are over; one that cannot be renewed is
// replaced by a new login.
class Session final {
 public:
  struct Names {
    std::string where;  // begins every error
    std::string label;  // "provider" of log lines
  };
  // `changed` is called whenever there is a token where none was, or an error that only people can
  // mend; not from within doubt(). `transport` and what is in `around` outlive this.
  Session(Login login, Names names, Transport& transport, const Transport::Surroundings& around,
          Log& log, std::function<void()> changed);

  // Logs in or looks at the token; the constructor does not, so that `changed` can be called.
  void begin();
  // Empty: there is none now.
  const std::string& token() const { return lease_.token; }
  const std::string& name_space() const { return login_.name_space; }
  // Set: a login was refused. It is tried again now and then, as somebody may have mended it.
  const std::optional<Error>& refusal() const { return refusal_; }
  // Why there is no token yet; empty when nothing went wrong.
  const std::string& trouble() const { return trouble_; }
  // The server refused something with this token. Calls `verdict` later: whether the token itself
  // is good, so that the refusal was meant.
  enum class Verdict { good, bad };
  void doubt(const std::string& token, std::function<void(Verdict)> verdict);

 private:
  void log_in();
  void use_given();
  void on_login(std::expected<HttpAnswer, Broken> outcome);
  void look();
  void renew();
  void on_renewal(const std::expected<HttpAnswer, Broken>& outcome);
  void got(Lease lease);
  void refuse(Errc code, std::string why);
  void try_later(std::string why);
  void on_alarm();
  void settle(Verdict verdict);
  HttpAsk ask(std::string method, std::string path, std::string body) const;

  // Set at construction.
  const Login login_;
  const Names names_;
  Transport& transport_;
  const Clock& clock_;
  Log& log_;
  const std::function<void()> changed_;
  // Owner thread only.
  QuickRandom random_;
  enum class Next { log_in, look, renew };
  Next next_ = Next::log_in;
  Lease lease_;
  std::chrono::seconds full_{0};  // of the lease when it was new
  MonotonicTime ends_ = MonotonicTime::max();
  std::optional<Error> refusal_;
  std::string trouble_;
  unsigned failures_ = 0;
  bool asking_ = false;  // a login, look or renewal is under way
  std::vector<std::function<void(Verdict)>> doubts_;
  MonotonicTime looked_ = MonotonicTime::min();  // when the token was last known to be good
  Alarm alarm_;                                  // for what is next
};

}  // namespace weft::net::vault
