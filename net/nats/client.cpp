#include "net/nats/client.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/asio/post.hpp>
#include <charconv>
#include <utility>

#include "net/nats/command.h"

namespace weft::net::nats {
namespace {

constexpr std::size_t k_kept_queue_bytes = std::size_t{256} << 10;
constexpr std::size_t k_index_bits = 16;
constexpr std::size_t k_index_mask = (std::size_t{1} << k_index_bits) - 1;

std::string all_servers(const std::vector<Server>& servers) {
  return Address{.servers = servers, .user = {}, .password = {}, .token = {}}.text();
}

std::size_t hash_of(std::string_view subject) { return std::hash<std::string_view>()(subject); }

// What stands between the first pair of quotation marks.
std::string_view quoted(std::string_view text) {
  const auto begin = text.find('"');
  if (begin == std::string_view::npos) return {};
  const auto end = text.find('"', begin + 1);
  return end == std::string_view::npos ? std::string_view()
                                       : text.substr(begin + 1, end - begin - 1);
}

}  // namespace

Client::Client(ClientSettings settings, const Surroundings& around)
    : settings_(std::move(settings)),
      around_(around),
      where_(fmt::format("{} ({})", settings_.label, all_servers(settings_.servers))),
      random_(around.random),
      inbox_(fmt::format("{}.{:016x}{:016x}.", settings_.inbox, random_.next(), random_.next())),
      servers_(settings_.servers),
      tls_(settings_.tls),
      parser_(settings_.message_bytes),
      alarm_(around.executor, around.clock, [this] { on_alarm(); }) {
  // Threads and hosts spread over the servers.
  server_ = random_.next() % servers_.size();
  connect();
}

Client::~Client() {
  *anchor_ = nullptr;
  state_ = State::closed;
  connection_.reset();
  fail_slots([](const Slot&) { return true; }, unavailable("the client is being closed"));
}

Error Client::unavailable(std::string_view why) const {
  return {Errc::unavailable, fmt::format("{}: {}", where_, why)};
}

// ---- what callers send ----

void Client::request(const Outgoing& what, MonotonicTime deadline,
                     std::unique_ptr<Outcome> outcome) {
  send(Kind::request, what, deadline, std::move(outcome));
}

void Client::fetch(const Outgoing& what, MonotonicTime deadline, std::unique_ptr<Outcome> outcome) {
  send(Kind::fetch, what, deadline, std::move(outcome));
}

void Client::publish(const Outgoing& what, MonotonicTime deadline,
                     std::unique_ptr<Outcome> outcome) {
  send(Kind::publication, what, deadline, std::move(outcome));
}

void Client::send(Kind kind, const Outgoing& what, MonotonicTime deadline,
                  std::unique_ptr<Outcome> outcome) {
  const auto now = around_.clock.now();
  if (deadline == MonotonicTime::max()) deadline = now + settings_.answer_limit;
  if (deadline <= now) {
    return outcome->on_failure(
        {Errc::timed_out, fmt::format("{}: the deadline had passed already", where_)});
  }
  if (waiting() >= most_requests()) forget_unwanted();
  const bool bare = kind == Kind::publication && what.subject.empty();
  if (auto refusal = bare ? std::nullopt : admit(what, waiting()))
    return outcome->on_failure(*std::move(refusal));
  if (waiting() == 0) heard_ = now;
  const auto slot = take_slot({.outcome = std::move(outcome),
                               .deadline = deadline,
                               .subject = hash_of(what.subject),
                               .kind = kind});
  const auto before = out_.size();
  if (kind != Kind::publication) {
    const auto reply = fmt::format("{}{:x}", inbox_, slot.serial << k_index_bits | slot.index);
    if (kind == Kind::fetch) {
      const auto id = slots_[slot.index].subscription = ++last_subscription_;
      fetches_.emplace(id, slot);
      write_subscribe(out_, reply, "", id);
    }
    write_publish(out_, what, reply);
  } else if (!bare) {
    write_publish(out_, what, what.reply);
  }
  unsent_.push_back(
      {Part::message, slot, out_.size() - before, what.headers.size() + what.payload.size()});
  // An alarm that stands for an earlier moment looks again then.
  const auto look = std::min(deadline, now + silence());
  if (look < alarm_.at()) alarm_.set(look);
  if (state_ == State::idle) connect();
  // Who asks alone is served at once. While answers are due, more may come in this turn.
  if (waiting() == 1) return flush();
  flush_later();
}

Result<> Client::post(const Outgoing& what) {
  if (auto refusal = admit(what, unsent_.size())) return std::unexpected(*std::move(refusal));
  const auto before = out_.size();
  write_publish(out_, what, what.reply);
  unsent_.push_back(
      {Part::message, {}, out_.size() - before, what.headers.size() + what.payload.size()});
  if (state_ == State::idle) connect();
  flush_later();
  return {};
}

std::optional<Error> Client::admit(const Outgoing& what, std::size_t requests) const {
  if (state_ == State::closed) return unavailable("the client is being closed");
  if (!is_subject(what.subject) || (!what.reply.empty() && !is_subject(what.reply))) {
    return Error{Errc::invalid,
                 fmt::format("{}: '{}' is no subject that something can be sent to: words of at "
                             "most {} bytes in all, with dots between, without spaces, * and >",
                             where_, what.subject.substr(0, 100), k_subject_bytes)};
  }
  if (auto refusal = too_large(what.headers.size() + what.payload.size())) return refusal;
  if (requests >= most_requests())
    return unavailable(fmt::format("{} calls wait already", requests));
  if (waiting_bytes() >= settings_.queue_bytes)
    return unavailable(fmt::format("{} bytes wait to be sent already", waiting_bytes()));
  return std::nullopt;
}

// What a server takes is known once it has greeted.
std::optional<Error> Client::too_large(std::size_t payload) const {
  if (state_ != State::up || payload <= info_.max_payload) return std::nullopt;
  return Error{Errc::exhausted,
               fmt::format("{}: {} bytes are more than the server takes at once, which is {} "
                           "(`max_payload` in its configuration)",
                           where_, payload, info_.max_payload)};
}

void Client::forget_unwanted() {
  drop_what_nobody_wants();
  fail_slots([](const Slot& slot) { return slot.sent && !slot.outcome->wanted(); },
             {Errc::cancelled, "nobody wants it any more"});
}

// ---- slots ----

std::size_t Client::most_requests() const {
  return std::min(settings_.queue_requests, k_index_mask);
}

Client::Reference Client::take_slot(Slot slot) {
  std::size_t index = slots_.size();
  if (free_.empty()) {
    slots_.emplace_back();
  } else {
    index = free_.back();
    free_.pop_back();
  }
  slot.serial = ++serial_;
  slots_[index] = std::move(slot);
  return {index, serial_};
}

Client::Slot* Client::find(Reference reference) {
  if (reference.serial == 0 || reference.index >= slots_.size()) return nullptr;
  auto& slot = slots_[reference.index];
  return slot.serial == reference.serial && slot.outcome ? &slot : nullptr;
}

std::unique_ptr<Outcome> Client::release(Reference reference) {
  auto* slot = find(reference);
  if (slot == nullptr) return nullptr;
  free_.push_back(reference.index);
  slot->serial = 0;
  auto outcome = std::move(slot->outcome);
  if (slot->subscription == 0) return outcome;
  fetches_.erase(slot->subscription);
  if (slot->sent) {
    std::string command;
    write_unsubscribe(command, slot->subscription);
    write_control(command);
  }
  return outcome;
}

void Client::fail_slots(const std::function<bool(const Slot&)>& which, const Error& error) {
  std::vector<std::pair<std::uint64_t, std::unique_ptr<Outcome>>> failed;
  for (std::size_t i = 0; i < slots_.size(); ++i) {
    if (!slots_[i].outcome || !which(slots_[i])) continue;
    const auto serial = slots_[i].serial;
    failed.emplace_back(serial, release({i, serial}));
  }
  std::ranges::sort(failed, {}, [](const auto& one) { return one.first; });
  for (auto& [serial, outcome] : failed) outcome->on_failure(error);
}

// ---- the queue ----

void Client::write_control(std::string_view bytes) {
  if (state_ != State::up) return;
  out_.append(bytes);
  unsent_.push_back({Part::control, {}, bytes.size(), 0});
  flush_later();
}

void Client::flush_later() {
  if (state_ != State::up || writing_bytes_ != 0 || std::exchange(flush_posted_, true)) return;
  boost::asio::post(around_.executor, [anchor = anchor_] {
    if (auto* self = *anchor) {
      self->flush_posted_ = false;
      self->flush();
    }
  });
}

void Client::flush() {
  if (state_ != State::up || writing_bytes_ != 0) return;
  if (dead_bytes_ != 0) drop_what_nobody_wants();
  if (unsent_.empty()) return;
  bool ask = false;
  for (const auto& one : unsent_) {
    auto* slot = find(one.slot);
    if (slot == nullptr) continue;
    slot->sent = true;
    if (slot->kind != Kind::publication) continue;
    awaited_pongs_.push_back({pings_ + 1, one.slot, nullptr});
    ask = true;
  }
  unsent_.clear();
  if (ask) {
    out_.append(k_ping);
    ++pings_;
  }
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
  std::deque<Unsent> left;
  std::vector<std::pair<std::unique_ptr<Outcome>, Error>> failed;
  std::size_t at = 0;
  for (const auto& one : unsent_) {
    const auto bytes = std::string_view(out_).substr(at, one.bytes);
    at += one.bytes;
    if (one.slot.serial != 0) {
      const auto* slot = find(one.slot);
      if (slot == nullptr) continue;
      if (!slot->outcome->wanted()) {
        failed.emplace_back(release(one.slot), Error{Errc::cancelled, "nobody wants it any more"});
        continue;
      }
    }
    if (auto refusal = too_large(one.payload)) {
      if (auto outcome = release(one.slot))
        failed.emplace_back(std::move(outcome), *std::move(refusal));
      continue;
    }
    kept.append(bytes);
    left.push_back(one);
  }
  out_ = std::move(kept);
  unsent_ = std::move(left);
  dead_bytes_ = 0;
  for (auto& [outcome, error] : failed) outcome->on_failure(std::move(error));
}

// ---- subscriptions ----

Result<Client::SubscriptionId> Client::subscribe(std::string_view pattern, std::string_view queue,
                                                 Subscriber& subscriber) {
  if (!is_pattern(pattern))
    return fail(Errc::invalid, fmt::format("'{}' is no subject", pattern.substr(0, 100)));
  if (!queue.empty() && !is_subject(queue))
    return fail(Errc::invalid, fmt::format("'{}' is no name of a queue", queue.substr(0, 100)));
  const auto id = ++last_subscription_;
  subscriptions_.emplace(id, Subscription{std::string(pattern), std::string(queue), &subscriber});
  std::string command;
  write_subscribe(command, pattern, queue, id);
  write_control(command);
  if (state_ == State::idle) connect();
  return id;
}

void Client::unsubscribe(SubscriptionId id) {
  if (subscriptions_.erase(id) == 0) return;
  std::string command;
  write_unsubscribe(command, id);
  write_control(command);
}

void Client::drain(SubscriptionId id, std::function<void()> done) {
  const auto found = subscriptions_.find(id);
  if (found == subscriptions_.end() || state_ != State::up) {
    subscriptions_.erase(id);
    return done();
  }
  std::string command;
  write_unsubscribe(command, id);
  command.append(k_ping);
  write_control(command);
  awaited_pongs_.push_back({++pings_, {}, [this, id, told = std::move(done)] {
                              subscriptions_.erase(id);
                              told();
                            }});
}

// ---- what comes ----

void Client::on_message(const Incoming& incoming) {
  if (incoming.subscription == 1) return on_answer(incoming.message);
  if (const auto fetch = fetches_.find(incoming.subscription); fetch != fetches_.end())
    return on_answer(fetch->second, incoming.message);
  const auto found = subscriptions_.find(incoming.subscription);
  // One that was given up is not known any more, and what was on its way comes all the same.
  if (found != subscriptions_.end()) found->second.subscriber->on_message(incoming.message);
}

void Client::on_answer(const Message& message) {
  if (!message.subject.starts_with(inbox_)) return;
  const auto text = message.subject.substr(inbox_.size());
  std::uint64_t token = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), token, 16);
  if (error != std::errc() || end != text.data() + text.size()) return;
  on_answer({token & k_index_mask, token >> k_index_bits}, message);
}

void Client::on_answer(Reference reference, const Message& message) {
  const auto* slot = find(reference);
  if (slot == nullptr) return;  // it has had its outcome
  // The outcome may send, and so the slot may move; it does not.
  auto* outcome = slot->outcome.get();
  if (outcome->on_reply(message) == More::yes) return;
  (void)release(reference);
}

void Client::on_pong() {
  ++pongs_;
  while (!awaited_pongs_.empty() && awaited_pongs_.front().number <= pongs_) {
    const auto ping = std::move(awaited_pongs_.front());
    awaited_pongs_.pop_front();
    if (ping.done) ping.done();
    if (const auto outcome = release(ping.slot)) (void)outcome->on_reply({});
  }
}

void Client::on_violation(std::string_view text) {
  const auto subject = quoted(text);
  const Error error{Errc::denied, fmt::format("{}: {}", where_, text)};
  if (text.contains("Subscription")) {
    if (subject.starts_with(settings_.inbox)) return refused(text);
    std::vector<Subscriber*> refused_ones;
    for (const auto& [id, one] : subscriptions_) {
      if (one.pattern == subject) refused_ones.push_back(one.subscriber);
    }
    for (auto* one : refused_ones) one->on_refused(error);
    return;
  }
  fail_slots(
      [wanted = hash_of(subject)](const Slot& slot) { return slot.sent && slot.subject == wanted; },
      error);
}

}  // namespace weft::net::nats
