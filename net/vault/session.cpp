#include "net/vault/session.h"

#include <fmt/format.h>

#include <algorithm>
#include <fstream>

namespace weft::net::vault {
namespace {

using namespace std::chrono_literals;

constexpr auto k_answer_limit = 5s;
constexpr std::chrono::milliseconds k_retry_first = 50ms, k_retry_most = 2s;
// Between two logins of which the first was refused.
constexpr std::chrono::milliseconds k_refused_first = 500ms, k_refused_most = 5s;
// How long a token that was looked at counts as good.
constexpr auto k_good_for = 2s;

bool is_passing(std::uint16_t status) { return status == 429 || status >= 500; }

}  // namespace

Result<std::string> Word::read() const {
  if (!text.empty()) return text;
  std::ifstream stream(file);
  std::string line;
  if (!stream || !std::getline(stream, line))
    return fail(Errc::invalid, fmt::format("{} cannot be read, or has no first line", file));
  while (line.ends_with('\r') || line.ends_with(' ')) line.pop_back();
  if (line.empty()) return fail(Errc::invalid, fmt::format("{} begins with an empty line", file));
  return line;
}

Session::Session(Login login, Names names, Transport& transport,
                 const Transport::Surroundings& around, Log& log, std::function<void()> changed)
    : login_(std::move(login)),
      names_(std::move(names)),
      transport_(transport),
      clock_(around.clock),
      log_(log),
      changed_(std::move(changed)),
      random_(around.random),
      alarm_(around.executor, around.clock, [this] { on_alarm(); }) {}

void Session::begin() { log_in(); }

HttpAsk Session::ask(std::string method, std::string path, std::string body) const {
  HttpAsk made{.method = std::move(method),
               .target = "/v1/" + std::move(path),
               .fields = {{"x-vault-request", "true"}},
               .body = std::move(body),
               .deadline = clock_.now() + k_answer_limit};
  if (!lease_.token.empty()) made.fields.emplace_back("x-vault-token", lease_.token);
  if (!login_.name_space.empty()) made.fields.emplace_back("x-vault-namespace", login_.name_space);
  return made;
}

// ---- from nothing to a token ----

void Session::log_in() {
  if (asking_) return;
  if (login_.token.given()) return use_given();
  auto role = login_.role_id.read();
  if (!role) return refuse(Errc::denied, "`role_id_file`: " + role.error().message);
  auto secret = login_.secret_id.read();
  if (!secret) return refuse(Errc::denied, "`secret_id_file`: " + secret.error().message);
  next_ = Next::log_in;
  asking_ = true;
  transport_.send(ask("POST", fmt::format("auth/{}/login", percent_encoded(login_.auth_mount)),
                      object_of({{"role_id", *role}, {"secret_id", *secret}})),
                  [this](auto outcome) { on_login(std::move(outcome)); });
}

void Session::use_given() {
  auto token = login_.token.read();
  if (!token) return refuse(Errc::denied, "`token_file`: " + token.error().message);
  lease_ = {.token = *std::move(token)};
  ends_ = MonotonicTime::max();
  look();
  if (!refusal_) changed_();
}

void Session::on_login(std::expected<HttpAnswer, Broken> outcome) {
  asking_ = false;
  if (!outcome) {
    if (outcome.error().kind == Broken::Kind::closed) return;
    return try_later(outcome.error().why);
  }
  const auto said = errors_of(outcome->body);
  if (is_passing(outcome->status))
    return try_later(fmt::format("the login was answered with {} {}", outcome->status, said));
  if (outcome->status != 200) {
    return refuse(
        Errc::denied,
        fmt::format(
            "the login at auth/{} was refused ({} {}): see that `auth_mount`, `role_id` and "
            "`secret_id` are right and that the secret id is neither used up nor expired "
            "(bao write -f auth/{}/role/ROLE/secret-id makes a new one)",
            login_.auth_mount, outcome->status, said, login_.auth_mount));
  }
  auto lease = auth_of(outcome->body);
  if (!lease) return try_later(lease.error().message);
  got(*std::move(lease));
}

void Session::got(Lease lease) {
  const bool news = !trouble_.empty() || refusal_;
  full_ = lease.duration;
  lease_ = std::move(lease);
  ends_ = full_ == 0s ? MonotonicTime::max() : clock_.now() + full_;
  looked_ = clock_.now();
  failures_ = 0;
  trouble_.clear();
  refusal_.reset();
  if (news) log_.info("Vault gave a token again", {{"provider", names_.label}});
  if (full_ > 0s) {
    next_ = lease_.renewable ? Next::renew : Next::log_in;
    alarm_.set(clock_.now() + full_ * 2 / 3);
  }
  settle(Verdict::good);
  changed_();
}

void Session::refuse(Errc code, std::string why) {
  lease_ = {};
  if (trouble_ != why)
    log_.warn("Vault gives no token", {{"provider", names_.label}, {"error", why}});
  refusal_ = Error{code, fmt::format("{}: {}", names_.where, why)};
  trouble_ = std::move(why);
  next_ = Next::log_in;
  alarm_.set(clock_.now() +
             std::min(k_refused_most, k_refused_first * (1 << std::min(failures_++, 8u))));
  settle(Verdict::bad);
  changed_();
}

void Session::try_later(std::string why) {
  if (trouble_.empty())
    log_.warn("Vault cannot be asked for a token", {{"provider", names_.label}, {"error", why}});
  trouble_ = std::move(why);
  const auto most = std::min<std::chrono::nanoseconds>(
      k_retry_most, k_retry_first * (1 << std::min(failures_++, 8u)));
  const auto chance = random_.next() % static_cast<std::uint64_t>(most.count() / 2 + 1);
  alarm_.set(clock_.now() + most / 2 + std::chrono::nanoseconds(chance));
}

void Session::on_alarm() {
  switch (next_) {
    case Next::log_in:
      return log_in();
    case Next::look:
      return look();
    case Next::renew:
      return renew();
  }
}

// ---- the token that is there ----

void Session::look() {
  if (asking_) return;
  asking_ = true;
  transport_.send(ask("GET", "auth/token/lookup-self", ""), [this](auto outcome) {
    asking_ = false;
    if (!outcome) {
      if (outcome.error().kind == Broken::Kind::closed) return;
      next_ = Next::look;
      return try_later(outcome.error().why);
    }
    if (is_passing(outcome->status)) {
      next_ = Next::look;
      return try_later(
          fmt::format("the server answered {} {}", outcome->status, errors_of(outcome->body)));
    }
    auto lease = lookup_of(outcome->body);
    if (outcome->status == 200 && lease) {
      lease->token = lease_.token;
      return got(*std::move(lease));
    }
    if (!login_.token.given()) {
      lease_ = {};
      settle(Verdict::bad);
      return log_in();
    }
    const auto before = lease_.token;
    const auto now = login_.token.read();
    if (now && *now != before) return use_given();
    refuse(Errc::denied,
           "the token is refused: it has expired, was revoked or is not one; put a new one into "
           "`token` or `token_file`");
  });
}

void Session::renew() {
  if (asking_) return;
  asking_ = true;
  transport_.send(ask("POST", "auth/token/renew-self", "{}"),
                  [this](const auto& outcome) { on_renewal(outcome); });
}

void Session::on_renewal(const std::expected<HttpAnswer, Broken>& outcome) {
  asking_ = false;
  if (!outcome && outcome.error().kind == Broken::Kind::closed) return;
  const auto left = ends_ - clock_.now();
  if (outcome && outcome->status == 200) {
    auto lease = auth_of(outcome->body);
    // One that comes to its longest life is renewed for less and less.
    if (lease && lease->duration * 2 >= full_) {
      const auto whole = full_;
      got(*std::move(lease));
      full_ = whole;
      return;
    }
  } else if (!outcome || is_passing(outcome->status)) {
    if (left > 0s) {
      next_ = Next::renew;
      return try_later(outcome ? errors_of(outcome->body) : outcome.error().why);
    }
  }
  if (!login_.token.given() || login_.token.text.empty()) return log_in();
  log_.warn("the token for Vault is not renewed any more: put a new one into `token`",
            {{"provider", names_.label},
             {"seconds_left",
              std::int64_t{std::chrono::duration_cast<std::chrono::seconds>(left).count()}}});
}

void Session::doubt(const std::string& token, std::function<void(Verdict)> verdict) {
  if (token != lease_.token) return verdict(Verdict::bad);
  const auto now = clock_.now();
  if (now < looked_ + k_good_for && now < ends_) return verdict(Verdict::good);
  doubts_.push_back(std::move(verdict));
  look();
}

void Session::settle(Verdict verdict) {
  for (auto& doubt : std::exchange(doubts_, {})) doubt(verdict);
}

}  // namespace weft::net::vault
