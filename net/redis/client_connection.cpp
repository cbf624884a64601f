// The connection of a client: made, greeted, lost, made again.
#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "net/redis/client.h"

namespace weft::net::redis {
namespace {

using namespace std::chrono_literals;

constexpr std::chrono::milliseconds k_retry_first = 10ms;
// So many attempts are made although nobody waits; after them the next command makes one.
constexpr unsigned k_unasked_attempts = 6;
// A connection that is lost sooner counts as one more attempt that failed.
constexpr std::chrono::milliseconds k_lasting = 1000ms;

// Of what HELLO answers: names and values in turn.
bool is_replica(const Reply& hello) {
  bool is_role = false, replica = false;
  hello.each([&](const Reply& one) {
    if (is_role && one.text() == "replica") replica = true;
    is_role = one.is(Kind::text) && one.text() == "role";
  });
  return replica;
}

}  // namespace

void Client::connect() {
  state_ = State::connecting;
  phase_ends_ = clock_.now() + settings_.connect_limit;
  reader_ = ReplyReader(settings_.reply_bytes);
  const Way way{executor_, resolver_, clock_};
  if (const auto* sentinels = std::get_if<Sentinels>(&settings_.address.place)) {
    lookup_ = std::make_unique<PrimaryLookup>(
        way, *sentinels, sentinel_,
        [this](Result<HostPort> found) { on_primary(std::move(found)); });
  } else {
    connection_ = open_connection(way, settings_.address, tls_, *this);
  }
  set_alarm();
}

void Client::on_primary(Result<HostPort> found) {
  lookup_.reset();
  if (!found) return lose(found.error().message);
  Address primary = settings_.address;
  primary.place = *std::move(found);
  connection_ = open_connection({executor_, resolver_, clock_}, primary, tls_, *this);
}

void Client::on_open() {
  state_ = State::greeting;
  greet(Step::hello);
}

void Client::send_greeting() {
  if (writing_bytes_ != 0 || greeting_.empty()) return;
  writing_bytes_ = greeting_.size();
  if (connection_->write(greeting_) == Write::done) writing_bytes_ = 0;
}

// One question at a time; those that are not needed are passed over.
void Client::greet(Step step) {
  step_ = step;
  const auto& [place, tls, user, password, database] = settings_.address;
  const std::string_view who = user.empty() ? "default" : std::string_view(user);
  Commands commands(greeting_);
  switch (step) {
    case Step::hello:
      if (password.empty()) {
        commands.whole("HELLO", 3, "SETNAME", settings_.name);
      } else {
        commands.whole("HELLO", 3, "AUTH", who, password, "SETNAME", settings_.name);
      }
      return send_greeting();
    case Step::authenticate:
      if (password.empty()) return greet(Step::name);
      if (user.empty()) {
        commands.whole("AUTH", password);
      } else {
        commands.whole("AUTH", user, password);
      }
      return send_greeting();
    case Step::name:
      commands.whole("CLIENT", "SETNAME", settings_.name);
      return send_greeting();
    case Step::select:
      if (database == 0) return greet(Step::ping);
      commands.whole("SELECT", database);
      return send_greeting();
    case Step::ping:
      commands.whole("PING");
      return send_greeting();
    case Step::multi:
      commands.whole("MULTI").whole("EXEC");
      return send_greeting();
    case Step::exec:  // was asked together with the one before
      return;
  }
}

void Client::on_greeting(const Reply& reply) {
  const auto error = reply.is(Kind::error) ? reply.text() : std::string_view();
  // While it reads its data after a start, or a script keeps it busy, and not for long.
  if (error.starts_with("LOADING") || error.starts_with("BUSY") || error.starts_with("MASTERDOWN"))
    return lose(error);
  switch (step_) {
    case Step::hello:
      if (error.empty() && has_sentinels() && is_replica(reply))
        return lose("the sentinels name a server that is no primary (yet)");
      if (error.empty()) return greet(Step::select);
      // A server before version 6 knows no HELLO and speaks the older protocol.
      if (error.starts_with("ERR unknown command") || error.starts_with("NOPROTO"))
        return greet(Step::authenticate);
      return refused(error);
    case Step::authenticate:
      return error.empty() ? greet(Step::name) : refused(error);
    case Step::name:
      // Only for people; a server that knows no names, or forbids them, serves all the same.
      return error.starts_with("NOAUTH") ? refused(error) : greet(Step::select);
    case Step::select:
      return error.empty() ? greet(Step::ping) : refused(error);
    case Step::ping:
      return error.empty() ? greet(Step::multi) : refused(error);
    case Step::multi:
      no_transactions_ = error;
      return greet(Step::exec);
    case Step::exec:
      // The server takes what follows for part of the transaction.
      if (no_transactions_.empty() && !error.empty()) return refused(error);
      return on_up();
  }
}

void Client::on_up() {
  state_ = State::up;
  phase_ends_ = MonotonicTime::max();
  if (!trouble_.empty()) {
    log_.info("Redis is there again",
              {{"provider", settings_.label}, {"address", settings_.address.text()}});
  }
  up_since_ = clock_.now();
  trouble_.clear();
  if (no_transactions_.empty()) {
    drop_what_nobody_wants();
  } else {
    transactions_asked_ = clock_.now();
    refuse_transactions();
  }
  flush();
}

void Client::on_broken(Error error) { lose(error.message); }

void Client::lose(std::string_view why) {
  // It may lie in what goes away now.
  std::string reason(why);
  const bool was_up = state_ == State::up;
  if (was_up && clock_.now() - up_since_ >= k_lasting) failures_ = 0;
  lookup_.reset();
  connection_.reset();
  writing_bytes_ = 0;
  unacknowledged_ = 0;
  greeting_.clear();
  first_error_.clear();
  if (trouble_.empty()) {
    log_.warn(
        was_up ? "the connection to Redis is lost" : "Redis cannot be reached",
        {{"provider", settings_.label}, {"address", settings_.address.text()}, {"error", reason}});
  }
  trouble_ = std::move(reason);
  std::vector<std::unique_ptr<Outcome>> failed;
  for (; sent_ > 0; --sent_) {
    if (auto& outcome = entries_.front().outcome) failed.push_back(std::move(outcome));
    entries_.pop_front();
  }
  pause_or_rest();
  const auto error = unavailable(fmt::format(
      "the connection was lost ({}) while the call was under way; whether it was done is not known",
      trouble_));
  for (auto& outcome : failed) outcome->on_failure(error);
  if (settings_.unsent == Unsent::fails) fail_unsent();
}

void Client::refused(std::string_view why) {
  const auto error = unavailable(why);
  lose(why);
  auto failed = std::exchange(entries_, {});
  out_.clear();
  dead_bytes_ = 0;
  for (auto& entry : failed) {
    if (entry.outcome) entry.outcome->on_failure(error);
  }
}

void Client::pause_or_rest() {
  const auto most = std::min(settings_.retry_most, k_retry_first * (1 << std::min(failures_, 16u)));
  if (++failures_ > k_unasked_attempts && entries_.empty()) {
    state_ = State::idle;
    phase_ends_ = MonotonicTime::max();
  } else {
    // Between half of it and all, so that threads and hosts do not come all at once.
    const auto half = std::chrono::nanoseconds(most) / 2;
    const auto chance = random_.next() % static_cast<std::uint64_t>(half.count() + 1);
    state_ = State::pausing;
    phase_ends_ = clock_.now() + half + std::chrono::nanoseconds(chance);
  }
  set_alarm();
}

}  // namespace weft::net::redis
