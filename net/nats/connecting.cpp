// The client's connection: made, greeted, watched over, lost and made again.
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "net/nats/client.h"
#include "net/nats/command.h"

namespace weft::net::nats {
namespace {

using namespace std::chrono_literals;

constexpr std::chrono::milliseconds k_retry_first = 10ms;
// So many rounds over all servers are made although nobody waits; after them the next call makes
// one.
constexpr unsigned k_unasked_rounds = 6;
constexpr std::size_t k_most_servers = 64;
// How long what is under way may take when a server is about to stop.
constexpr std::chrono::milliseconds k_leave_limit = 2000ms;

// "'Authorization Violation'" without its quotation marks.
std::string_view bare(std::string_view text) {
  if (text.size() >= 2 && text.front() == '\'' && text.back() == '\'')
    return text.substr(1, text.size() - 2);
  return text;
}

bool is_number(const std::string& host) {
  return host.contains(':') || host.find_first_not_of("0123456789.") == std::string::npos;
}

}  // namespace

void Client::connect() {
  state_ = State::connecting;
  phase_ends_ = around_.clock.now() + settings_.connect_limit;
  parser_ = Parser(settings_.message_bytes);
  pings_ = pongs_ = 0;
  leaving_ = asked_for_life_ = false;
  leave_by_ = MonotonicTime::max();
  ConnectionUser& user = *this;
  connection_ = std::make_unique<Connection>(
      Connection::Way{around_.executor, around_.resolver, around_.clock}, servers_[server_],
      phase_ends_, user);
  set_alarm();
}

void Client::on_open() {
  if (state_ == State::securing) return greet();
  state_ = State::informed;
}

void Client::learn(const Info& info) {
  const auto& here = servers_[server_];
  info_ = info;
  for (auto server : info.cluster) {
    if (servers_.size() >= k_most_servers) break;
    if (std::ranges::find(servers_, server) != servers_.end()) continue;
    server.tls = here.tls;
    // A certificate is for names; who is told a number goes by the name it came with.
    if (is_number(server.host))
      server.certified = here.certified.empty() ? here.host : here.certified;
    servers_.push_back(std::move(server));
  }
}

void Client::on_info(const Info& info) {
  learn(info);
  if (state_ == State::up) {
    if (info.lame_duck && servers_.size() > 1 && !std::exchange(leaving_, true)) {
      leave_by_ = around_.clock.now() + k_leave_limit;
      leave_if_done();
    }
    return;
  }
  if (state_ != State::informed) return;
  const bool wanted = servers_[server_].tls == Tls::yes;
  if (!wanted && !info.tls_required) return greet();
  if (!info.tls_required && !info.tls_available)
    return refused("TLS is wanted, and this server offers none");
  if (!tls_) {
    auto made = TlsClient::make({.ca_file = {}, .ca_pem = {}, .alpn = Alpn::none});
    if (!made) return refused(made.error().message);
    tls_ = *std::move(made);
  }
  state_ = State::securing;
  connection_->secure(tls_, phase_ends_);
}

void Client::greet() {
  const auto tls = state_ == State::securing ? Tls::yes : Tls::no;
  state_ = State::greeting;
  greeting_ = connect_command(info_, settings_.credentials, settings_.name, tls);
  greeting_.append(k_ping);
  send_greeting();
}

void Client::send_greeting() {
  if (writing_bytes_ != 0 || greeting_.empty()) return;
  writing_bytes_ = greeting_.size();
  if (connection_->write(greeting_) == Write::done) writing_bytes_ = 0;
}

void Client::on_greeting(const Incoming& incoming) {
  switch (incoming.kind) {
    case Incoming::Kind::pong:
      return on_up();
    case Incoming::Kind::error:
      return refused(bare(incoming.text));
    case Incoming::Kind::ping:
      greeting_.append(k_pong);
      return send_greeting();
    case Incoming::Kind::info:
    case Incoming::Kind::message:
    case Incoming::Kind::ok:
      return;
  }
}

void Client::on_up() {
  state_ = State::up;
  phase_ends_ = MonotonicTime::max();
  if (!trouble_.empty()) {
    around_.log.info("NATS is there again",
                     {{"provider", settings_.label}, {"address", servers_[server_].text()}});
  }
  failures_ = 0;
  trouble_.clear();
  std::string first;
  write_subscribe(first, inbox_ + "*", "", 1);
  for (const auto& [id, one] : subscriptions_) write_subscribe(first, one.pattern, one.queue, id);
  out_.insert(0, first);
  unsent_.push_front({Part::control, {}, first.size(), 0});
  drop_what_nobody_wants();
  flush();
  set_alarm();
}

void Client::on_broken(Error error) { lose(error.message); }

void Client::lose(std::string_view why) {
  // It may lie in what goes away now.
  std::string reason(why);
  const bool was_up = state_ == State::up;
  connection_.reset();
  writing_bytes_ = 0;
  greeting_.clear();
  if (trouble_.empty() && !leaving_) {
    around_.log.warn(
        was_up ? "the connection to NATS is lost" : "NATS cannot be reached",
        {{"provider", settings_.label}, {"address", servers_[server_].text()}, {"error", reason}});
  }
  trouble_ = std::move(reason);
  for (std::size_t at = 0, i = 0; i < unsent_.size();) {
    if (unsent_[i].part == Part::message) {
      at += unsent_[i++].bytes;
      continue;
    }
    out_.erase(at, unsent_[i].bytes);
    unsent_.erase(unsent_.begin() + static_cast<std::ptrdiff_t>(i));
  }
  const auto pongs = std::exchange(awaited_pongs_, {});
  server_ = (server_ + 1) % servers_.size();
  pause_or_rest();
  fail_slots([](const Slot& slot) { return slot.sent; },
             unavailable(fmt::format("the connection was lost ({}) while the call was under way; "
                                     "whether it was done is not known",
                                     trouble_)));
  for (const auto& ping : pongs) {
    if (ping.done) ping.done();
  }
}

void Client::refused(std::string_view why) {
  const auto error = unavailable(why);
  lose(why);
  out_.clear();
  unsent_.clear();
  dead_bytes_ = 0;
  fail_slots([](const Slot&) { return true; }, error);
}

void Client::pause_or_rest() {
  const auto rounds = failures_ / static_cast<unsigned>(servers_.size());
  const bool round_over = ++failures_ % servers_.size() == 0;
  const auto most = std::min(settings_.retry_most, k_retry_first * (1 << std::min(rounds, 16u)));
  state_ = State::pausing;
  if (rounds >= k_unasked_rounds && waiting() == 0 && subscriptions_.empty()) {
    state_ = State::idle;
    phase_ends_ = MonotonicTime::max();
  } else if (leaving_ || !round_over) {
    phase_ends_ = around_.clock.now();
  } else {
    // Between half of it and all, so that threads and hosts do not come all at once.
    const auto half = std::chrono::nanoseconds(most) / 2;
    const auto chance = random_.next() % static_cast<std::uint64_t>(half.count() + 1);
    phase_ends_ = around_.clock.now() + half + std::chrono::nanoseconds(chance);
  }
  set_alarm();
}

void Client::leave_if_done() {
  if (!leaving_ || state_ != State::up) return;
  if (waiting() != 0 && around_.clock.now() < leave_by_) return set_alarm();
  lose("the server said that it is about to stop");
}

// ---- what comes ----

void Client::on_written() {
  written();
  if (state_ == State::greeting) return send_greeting();
  flush();
}

void Client::on_bytes(std::span<const char> bytes) {
  heard_ = around_.clock.now();
  asked_for_life_ = false;
  parser_.feed(bytes);
  while (connection_) {
    const auto next = parser_.next();
    if (!next) return lose(next.error().message);
    const std::optional<Incoming>& incoming = *next;
    if (!incoming) break;
    on_incoming(*incoming);
  }
  leave_if_done();
}

void Client::on_incoming(const Incoming& incoming) {
  if (incoming.kind == Incoming::Kind::info) {
    const auto info = Info::parse(incoming.text);
    return info ? on_info(*info) : lose(info.error().message);
  }
  if (state_ != State::up) {
    if (state_ == State::greeting) return on_greeting(incoming);
    return incoming.kind == Incoming::Kind::error ? refused(bare(incoming.text))
                                                  : lose("the server did not say who it is");
  }
  switch (incoming.kind) {
    case Incoming::Kind::message:
      return on_message(incoming);
    case Incoming::Kind::pong:
      return on_pong();
    case Incoming::Kind::ping:
      return write_control(k_pong);
    case Incoming::Kind::error:
      return on_error(bare(incoming.text));
    case Incoming::Kind::ok:
    case Incoming::Kind::info:
      return;
  }
}

void Client::on_error(std::string_view text) {
  if (text.starts_with("Permissions Violation")) return on_violation(text);
  // After any other error the server closes the connection, mostly.
  around_.log.warn(
      "NATS reports an error",
      {{"provider", settings_.label}, {"address", servers_[server_].text()}, {"error", text}});
}

// ---- time ----

// How long the server may say nothing before it is asked whether it lives, and then again.
std::chrono::milliseconds Client::silence() const {
  return waiting() != 0 || !awaited_pongs_.empty() ? settings_.answer_limit / 2
                                                   : settings_.quiet_limit;
}

void Client::on_alarm() {
  const auto now = around_.clock.now();
  if (now >= phase_ends_) {
    if (state_ == State::pausing) {
      connect();
    } else {
      lose(fmt::format("no {} within {} ms",
                       state_ == State::connecting ? "connection" : "greeting",
                       settings_.connect_limit.count()));
    }
  } else if (state_ == State::up) {
    leave_if_done();
    if (state_ == State::up) listen_for_life(now);
  }
  expire(now);
}

void Client::listen_for_life(MonotonicTime now) {
  if (now < heard_ + silence() * (asked_for_life_ ? 2 : 1)) return;
  if (asked_for_life_) {
    return lose(fmt::format("the server said nothing for {} ms", 2 * silence().count()));
  }
  asked_for_life_ = true;
  ++pings_;
  write_control(k_ping);
}

void Client::expire(MonotonicTime now) {
  std::vector<std::pair<std::unique_ptr<Outcome>, Error>> late;
  for (std::size_t i = 0; i < slots_.size(); ++i) {
    auto& slot = slots_[i];
    if (!slot.outcome || slot.deadline > now) continue;
    const bool sent = slot.sent;
    late.emplace_back(release({i, slot.serial}),
                      sent ? Error{Errc::timed_out, fmt::format("{}: no answer in time", where_)}
                           : unavailable(trouble_.empty() ? "it was not ready in time" : trouble_));
  }
  dead_bytes_ = 0;
  for (const auto& one : unsent_) {
    if (one.slot.serial != 0 && find(one.slot) == nullptr) dead_bytes_ += one.bytes;
  }
  if (dead_bytes_ > out_.size() / 2) drop_what_nobody_wants();
  set_alarm();
  for (auto& [outcome, error] : late) outcome->on_failure(std::move(error));
}

void Client::set_alarm() {
  auto at = std::min(phase_ends_, leave_by_);
  for (const auto& slot : slots_) {
    if (slot.outcome) at = std::min(at, slot.deadline);
  }
  if (state_ == State::up) at = std::min(at, heard_ + silence() * (asked_for_life_ ? 2 : 1));
  if (at == MonotonicTime::max()) {
    alarm_.cancel();
  } else {
    alarm_.set(at);
  }
}

}  // namespace weft::net::nats
