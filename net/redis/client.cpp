#include "net/redis/client.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/asio/post.hpp>
#include <ranges>
#include <vector>

namespace weft::net::redis {
namespace {

using namespace std::chrono_literals;

// Between two questions whether transactions are allowed now.
constexpr std::chrono::milliseconds k_transactions_pause = 500ms;
// Between two looks for room in a full queue: each goes through all of it.
constexpr std::chrono::milliseconds k_sweep_pause = 5ms;
constexpr std::size_t k_kept_queue_bytes = std::size_t{256} << 10;

}  // namespace

Client::Client(ClientSettings settings, std::shared_ptr<const TlsClient> tls,
               const Surroundings& around)
    : settings_(std::move(settings)),
      tls_(std::move(tls)),
      executor_(around.executor),
      resolver_(around.resolver),
      clock_(around.clock),
      log_(around.log),
      where_(fmt::format("{} ({})", settings_.label, settings_.address.text())),
      random_(around.random),
      reader_(settings_.reply_bytes),
      alarm_(around.executor, around.clock, [this] { on_alarm(); }) {
  connect();
}

Client::~Client() {
  *anchor_ = nullptr;
  state_ = State::closed;
  connection_.reset();
  auto entries = std::exchange(entries_, {});
  for (auto& entry : entries) {
    if (entry.outcome) entry.outcome->on_failure(unavailable("the client is being closed"));
  }
}

Error Client::unavailable(std::string_view why) const {
  return {Errc::unavailable, fmt::format("{}: {}", where_, why)};
}

// ---- what callers send ----

bool Client::full() const {
  return entries_.size() >= settings_.queue_commands || waiting_bytes() >= settings_.queue_bytes;
}

std::optional<Error> Client::admit(MonotonicTime& deadline) {
  const auto now = clock_.now();
  deadline = latest(deadline);
  if (state_ == State::closed) return unavailable("the client is being closed");
  if (deadline <= now)
    return Error{Errc::timed_out, fmt::format("{}: the deadline had passed already", where_)};
  // Those that were given up keep no place from others.
  if (full() && now >= swept_ + k_sweep_pause) {
    swept_ = now;
    drop_what_nobody_wants();
  }
  if (entries_.size() >= settings_.queue_commands)
    return unavailable(fmt::format("{} calls wait already", entries_.size()));
  if (waiting_bytes() >= settings_.queue_bytes)
    return unavailable(fmt::format("{} bytes wait to be sent already", waiting_bytes()));
  return std::nullopt;
}

void Client::add(Entry entry) {
  if (state_ == State::up && entry.transaction == Transaction::waiting &&
      !no_transactions_.empty()) {
    out_.resize(out_.size() - entry.bytes);
    ask_for_transactions();
    return entry.outcome->on_failure(no_transactions());
  }
  // An alarm that stands for an earlier moment looks again then.
  const auto look = std::min(entry.deadline, clock_.now() + settings_.answer_limit);
  entries_.push_back(std::move(entry));
  if (look < alarm_.at()) alarm_.set(look);
  if (state_ == State::idle) connect();
  // Who asks alone is served at once. While replies are due, more may come in this turn.
  if (settings_.unsent == Unsent::fails && state_ != State::connecting &&
      state_ != State::greeting && state_ != State::up)
    return fail_unsent();
  if (sent_ == 0) return flush();
  flush_later();
}

void Client::fail_unsent() {
  std::vector<std::unique_ptr<Outcome>> unsent;
  while (entries_.size() > sent_) {
    if (entries_.back().outcome) unsent.push_back(std::move(entries_.back().outcome));
    entries_.pop_back();
  }
  out_.clear();
  dead_bytes_ = 0;
  const auto error = unavailable(trouble_.empty() ? "there is no connection" : trouble_);
  // In the order in which they came.
  for (auto& outcome : std::views::reverse(unsent)) outcome->on_unsent(error);
}

void Client::flush_later() {
  if (state_ != State::up || writing_bytes_ != 0 || std::exchange(flush_posted_, true)) return;
  boost::asio::post(executor_, [anchor = anchor_] {
    if (auto* self = *anchor) {
      self->flush_posted_ = false;
      self->flush();
    }
  });
}

void Client::flush() {
  if (state_ != State::up || writing_bytes_ != 0) return;
  if (dead_bytes_ != 0) drop_what_nobody_wants();
  if (out_.empty()) return;
  if (sent_ == 0) heard_ = clock_.now();
  sent_ = entries_.size();
  writing_bytes_ = out_.size();
  if (connection_->write(out_) == Write::done) written();
}

void Client::written() {
  writing_bytes_ = 0;
  // One that had to be large is not kept.
  if (out_.empty() && out_.capacity() > k_kept_queue_bytes) out_.shrink_to_fit();
}

void Client::drop_what_nobody_wants() {
  std::string kept;
  std::size_t at = 0, live = sent_;
  for (std::size_t i = sent_; i < entries_.size(); ++i) {
    auto& entry = entries_[i];
    const auto bytes = std::string_view(out_).substr(at, entry.bytes);
    at += entry.bytes;
    if (!entry.outcome || !entry.outcome->wanted()) continue;
    kept.append(bytes);
    if (live != i) entries_[live] = std::move(entry);
    ++live;
  }
  entries_.erase(entries_.begin() + static_cast<std::ptrdiff_t>(live), entries_.end());
  out_ = std::move(kept);
  dead_bytes_ = 0;
}

void Client::forget_unwanted() {
  drop_what_nobody_wants();
  for (std::size_t i = 0; i < sent_; ++i) {
    auto& outcome = entries_[i].outcome;
    if (outcome && !outcome->wanted()) outcome.reset();
  }
}

// ---- transactions ----

Error Client::no_transactions() const {
  const auto& user = settings_.address.user;
  return {
      Errc::denied,
      fmt::format("{}: writes need transactions, which this user may not use ({}); on the server: "
                  "ACL SETUSER {} +@transaction",
                  where_, no_transactions_, user.empty() ? "default" : user)};
}

// Of what waits; where the server does not allow it, its commands would be done one by one.
void Client::refuse_transactions() {
  std::vector<std::unique_ptr<Outcome>> refused;
  for (std::size_t i = sent_; i < entries_.size(); ++i) {
    auto& entry = entries_[i];
    if (entry.transaction != Transaction::waiting || !entry.outcome) continue;
    dead_bytes_ += entry.bytes;
    refused.push_back(std::move(entry.outcome));
  }
  drop_what_nobody_wants();
  const auto error = no_transactions();
  log_.warn("Redis refuses writes", {{"provider", settings_.label},
                                     {"address", settings_.address.text()},
                                     {"error", error.message}});
  for (auto& outcome : refused) outcome->on_failure(error);
}

// One without commands, to learn whether they are allowed by now.
void Client::ask_for_transactions() {
  class Asked final : public Outcome {
   public:
    explicit Asked(Client& client) : client_(client) {}
    void on_reply(const Reply& reply) noexcept override {
      if (!reply.is(Kind::error)) client_.no_transactions_.clear();
    }
    void on_failure(Error) noexcept override {}
    bool wanted() const noexcept override { return true; }

   private:
    Client& client_;
  };
  const auto now = clock_.now();
  if (now < transactions_asked_ + k_transactions_pause) return;
  transactions_asked_ = now;
  send(MonotonicTime::max(), std::make_unique<Asked>(*this),
       [](Commands& commands) { commands.whole("MULTI").whole("EXEC"); });
}

// ---- what comes back ----

void Client::on_progress() { heard_ = clock_.now(); }

void Client::on_written() {
  on_progress();
  unacknowledged_ = connection_->unacknowledged();
  written();
  if (state_ == State::greeting) return send_greeting();
  flush();
}

void Client::on_bytes(std::span<const char> bytes) {
  heard_ = clock_.now();
  if (auto fed = reader_.feed(bytes); !fed) return lose(fed.error().message);
  while (connection_) {
    const auto next = reader_.next();
    if (!next) return lose(next.error().message);
    const std::optional<Reply>& reply = *next;
    if (!reply) return;
    if (reply->is(Kind::push)) continue;  // nothing was subscribed to
    if (state_ == State::greeting) {
      on_greeting(*reply);
    } else {
      deliver(*reply);
    }
  }
}

void Client::deliver(const Reply& reply) {
  if (sent_ == 0) return lose("the server sent a reply that nobody asked for");
  auto& front = entries_.front();
  if (front.replies > 1) {
    --front.replies;
    if (reply.is(Kind::error) && first_error_.empty()) first_error_ = reply.text();
    if (front.transaction == Transaction::waiting) {
      front.transaction = reply.is(Kind::error) ? Transaction::refused : Transaction::begun;
      if (reply.is(Kind::error)) no_transactions_ = reply.text();
    }
    return;
  }
  auto outcome = std::move(front.outcome);
  const auto transaction = front.transaction;
  entries_.pop_front();
  --sent_;
  const auto error = std::exchange(first_error_, {});
  if (transaction == Transaction::refused) {
    if (outcome)
      outcome->on_failure(unavailable(fmt::format(
          "the server does not allow transactions any more ({}); whether it was done is not known",
          error)));
    return;
  }
  const bool stuck = transaction == Transaction::begun && reply.is(Kind::error) &&
                     reply.text().starts_with("NOPERM");
  const bool demoted =
      has_sentinels() && ((reply.is(Kind::error) && reply.text().starts_with("READONLY")) ||
                          error.starts_with("READONLY"));
  if (outcome) settle(std::move(outcome), reply, error);
  if (stuck && connection_) lose("the server allows MULTI, but not EXEC");
  if (demoted && connection_) lose("the server is no primary any more");
}

void Client::settle(std::unique_ptr<Outcome> outcome, const Reply& reply,
                    const std::string& error) {
  if (error.empty() && reply.is(Kind::too_large))
    return outcome->on_failure({Errc::exhausted, fmt::format("{}: {}", where_, reply.text())});
  if (error.empty()) return outcome->on_reply(reply);
  const Node node{.kind = Kind::error, .size = error.size()};
  outcome->on_reply(Reply({&node, 1}, error));
}

// ---- time ----

bool Client::is_silent(MonotonicTime now) {
  if (state_ != State::up || sent_ == 0 || now < heard_ + settings_.answer_limit) return false;
  // What the system holds of a large command may take longer than that.
  const auto before = std::exchange(unacknowledged_, connection_->unacknowledged());
  if (unacknowledged_ >= before) return true;
  heard_ = now;
  return false;
}

void Client::on_alarm() {
  const auto now = clock_.now();
  if (now >= phase_ends_) {
    if (state_ == State::pausing) {
      connect();
    } else {
      lose(fmt::format("no {} within {} ms",
                       state_ == State::connecting ? "connection" : "greeting",
                       settings_.connect_limit.count()));
    }
  } else if (is_silent(now)) {
    lose(fmt::format("the server said nothing for {} ms", settings_.answer_limit.count()));
  }
  expire(now);
}

void Client::expire(MonotonicTime now) {
  std::vector<std::pair<std::unique_ptr<Outcome>, Error>> late;
  for (std::size_t i = 0; i < entries_.size(); ++i) {
    auto& entry = entries_[i];
    if (!entry.outcome || entry.deadline > now) continue;
    if (i < sent_) {
      late.emplace_back(std::move(entry.outcome),
                        Error{Errc::timed_out, fmt::format("{}: no reply in time", where_)});
    } else {
      dead_bytes_ += entry.bytes;
      late.emplace_back(std::move(entry.outcome),
                        unavailable(trouble_.empty() ? "it was not ready in time" : trouble_));
    }
  }
  if (dead_bytes_ > out_.size() / 2) drop_what_nobody_wants();
  set_alarm();
  for (auto& [outcome, error] : late) outcome->on_failure(std::move(error));
}

void Client::set_alarm() {
  auto at = phase_ends_;
  for (const auto& entry : entries_) {
    if (entry.outcome) at = std::min(at, entry.deadline);
  }
  if (state_ == State::up && sent_ > 0) at = std::min(at, heard_ + settings_.answer_limit);
  if (at == MonotonicTime::max()) {
    alarm_.cancel();
  } else {
    alarm_.set(at);
  }
}

}  // namespace weft::net::redis
