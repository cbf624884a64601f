#include "net/redis/cluster.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <iterator>
#include <optional>
#include <set>
#include <utility>

namespace weft::net::redis {
namespace {

using namespace std::chrono_literals;

// Between two looks at what waits, and two questions for the map.
constexpr std::chrono::milliseconds k_tick = 50ms;
constexpr std::chrono::milliseconds k_map_limit = 500ms;
constexpr unsigned k_most_redirects = 16;
constexpr std::string_view k_asking = "*1\r\n$6\r\nASKING\r\n";

// "MOVED 3999 127.0.0.1:6381", also with an IPv6 address, which has no brackets there; without a
// host it is the one that answers.
std::optional<HostPort> place_of_redirect(std::string_view error) {
  const auto space = error.rfind(' '), colon = error.rfind(':');
  if (space == std::string_view::npos || colon == std::string_view::npos || colon < space)
    return std::nullopt;
  HostPort place{.host = std::string(error.substr(space + 1, colon - space - 1))};
  const auto port = error.substr(colon + 1);
  const auto [end, bad] = std::from_chars(port.data(), port.data() + port.size(), place.port);
  if (bad != std::errc() || end != port.data() + port.size() || place.host.empty())
    return std::nullopt;
  return place;
}

}  // namespace

// ---- what callers send ----

class Cluster::ErrandOutcome final : public Outcome {
 public:
  ErrandOutcome(Cluster& cluster, ErrandPtr errand)
      : cluster_(cluster), errand_(std::move(errand)) {}
  void on_reply(const Reply& reply) noexcept override {
    if (reply.is(Kind::error) && cluster_.redirect(errand_, reply.text())) return;
    errand_->outcome->on_reply(reply);
  }
  void on_failure(Error error) noexcept override { errand_->outcome->on_failure(std::move(error)); }
  void on_unsent(Error error) noexcept override {
    cluster_.outdate();
    cluster_.wait(std::move(errand_), error.message);
  }
  bool wanted() const noexcept override { return errand_->outcome->wanted(); }

 private:
  Cluster& cluster_;
  ErrandPtr errand_;
};

Cluster::Cluster(ClientSettings settings, const Client::Surroundings& around)
    : settings_(std::move(settings)),
      around_(around),
      clock_(around.clock),
      where_(fmt::format("{} ({})", settings_.label, settings_.address.text())),
      tick_(around.executor, around.clock, [this] { on_tick(); }) {
  for (const auto& place : std::get<ClusterNodes>(settings_.address.place).places)
    (void)node(place);
  ask_for_map();
  tick_.set(clock_.now() + k_tick);
}

Cluster::~Cluster() {
  tick_.cancel();
  // What they fail comes to wait here.
  nodes_.clear();
  for (auto& errand : std::exchange(waiting_, {}))
    fail_errand(std::move(errand), Errc::unavailable, "the client is being closed");
}

void Cluster::fail_errand(ErrandPtr errand, Errc code, std::string_view why) const {
  errand->outcome->on_failure({code, fmt::format("{}: {}", where_, why)});
}

void Cluster::route(ErrandPtr errand) {
  if (errand->deadline <= clock_.now())
    return fail_errand(std::move(errand), Errc::timed_out, "the deadline had passed already");
  auto* const to = slots_[errand->slot];
  if (to == nullptr) {
    outdate();
    return wait(std::move(errand), trouble_);
  }
  send_to(*to, std::move(errand), {});
}

void Cluster::send_to(Client& to, ErrandPtr errand, std::string_view before) {
  const Errand& now = *errand;
  to.send(now.deadline, std::make_unique<ErrandOutcome>(*this, std::move(errand)),
          [&](Commands& commands) {
            if (!before.empty()) commands.made(before, 1);
            commands.made(now.bytes, now.count);
            if (now.transaction) commands.is_one_transaction();
          });
}

bool Cluster::redirect(ErrandPtr& errand, std::string_view error) {
  const bool moved = error.starts_with("MOVED "), ask = error.starts_with("ASK ");
  if (error.starts_with("TRYAGAIN") || error.starts_with("CLUSTERDOWN")) {
    outdate();
    errand->redirects = 0;  // it is on no way in circles, but waits for a slot to arrive
    wait(std::move(errand), error);
    return true;
  }
  if (!moved && !ask) return false;
  const auto place = place_of_redirect(error);
  if (!place || ++errand->redirects > k_most_redirects) {
    fail_errand(std::move(errand), Errc::unavailable,
                fmt::format("sent from node to node without end ({})", error));
    return true;
  }
  Client& to = node(*place);
  if (ask) {
    send_to(to, std::move(errand), k_asking);
    return true;
  }
  outdate();
  slots_[errand->slot] = &to;
  send_to(to, std::move(errand), {});
  return true;
}

void Cluster::wait(ErrandPtr errand, std::string_view why) {
  if (waiting_.size() >= settings_.queue_commands || waiting_bytes_ >= settings_.queue_bytes) {
    return fail_errand(std::move(errand), Errc::unavailable,
                       fmt::format("{} calls wait already; {}", waiting_.size(), why));
  }
  trouble_ = why;
  waiting_bytes_ += errand->bytes.size();
  const auto look = std::min(errand->deadline, clock_.now() + k_tick);
  waiting_.push_back(std::move(errand));
  if (look < tick_.at()) tick_.set(look);
}

void Cluster::outdate() {
  outdated_ = true;
  if (const auto look = clock_.now() + k_tick; look < tick_.at()) tick_.set(look);
}

void Cluster::forget_unwanted() {
  for (auto& [name, client] : nodes_) client.forget_unwanted();
  std::erase_if(waiting_, [this](const ErrandPtr& errand) {
    if (errand->outcome->wanted()) return false;
    waiting_bytes_ -= errand->bytes.size();
    return true;
  });
}

// ---- the nodes and their slots ----

Client& Cluster::node(const HostPort& place) {
  auto name = place_text(place);
  if (const auto found = nodes_.find(name); found != nodes_.end()) return found->second;
  ClientSettings settings = settings_;
  settings.address.place = place;
  settings.unsent = Unsent::fails;
  return nodes_.try_emplace(std::move(name), std::move(settings), nullptr, around_).first->second;
}

std::vector<std::string> Cluster::nodes() const {
  std::vector<std::string> made;
  const std::set<const Client*> owners(slots_.begin(), slots_.end());
  for (const auto& [name, client] : nodes_) {
    if (owners.contains(&client)) made.push_back(name);
  }
  return made;
}

Client* Cluster::find_node(std::string_view name) {
  const auto found = nodes_.find(name);
  if (found == nodes_.end() || std::ranges::find(slots_, &found->second) == slots_.end())
    return nullptr;
  return &found->second;
}

class Cluster::MapOutcome final : public Outcome {
 public:
  MapOutcome(Cluster& cluster, std::string from) : cluster_(cluster), from_(std::move(from)) {}
  void on_reply(const Reply& reply) noexcept override {
    cluster_.asking_ = false;
    cluster_.on_map(reply, from_);
  }
  void on_failure(Error error) noexcept override {
    cluster_.asking_ = false;
    cluster_.trouble_ = std::move(error.message);
  }
  bool wanted() const noexcept override { return true; }

 private:
  Cluster& cluster_;
  const std::string from_;
};

// One after the other, so that one that is away or knows little does not matter for long.
void Cluster::ask_for_map() {
  if (std::exchange(asking_, true)) return;
  const auto asked =
      std::next(nodes_.begin(), static_cast<std::ptrdiff_t>(turn_++ % nodes_.size()));
  asked->second.send(clock_.now() + k_map_limit, std::make_unique<MapOutcome>(*this, asked->first),
                     [](Commands& commands) { commands.whole("CLUSTER", "SLOTS"); });
}

// A list of: first slot, last slot, the node that has them (host, port, …), its replicas.
void Cluster::on_map(const Reply& reply, const std::string& from) {
  if (!reply.is(Kind::list) || reply.size() == 0) {
    trouble_ = reply.is(Kind::error) ? std::string(reply.text()) : "the cluster has no slots yet";
    return;
  }
  outdated_ = false;
  slots_.fill(nullptr);
  reply.each([&](const Reply& range) {
    if (range.size() < 3 || range.at(2).size() < 2) return;
    HostPort place{.host = std::string(range.at(2).at(0).text()),
                   .port = static_cast<std::uint16_t>(range.at(2).at(1).integer())};
    // A node that does not know its own address leaves it out.
    if (place.host.empty()) place.host = from.substr(0, from.rfind(':'));
    const auto last = std::min<std::int64_t>(range.at(1).integer(), k_slots - 1);
    for (auto slot = std::max<std::int64_t>(range.at(0).integer(), 0); slot <= last; ++slot)
      slots_[static_cast<std::size_t>(slot)] = &node(place);
  });
  // What waits goes out, and nodes without slots go away, in a turn of their own.
  tick_.set(clock_.now());
}

// ---- time ----

void Cluster::on_tick() {
  drop_nodes();
  if (outdated_) ask_for_map();
  const auto now = clock_.now();
  waiting_bytes_ = 0;
  for (auto& errand : std::exchange(waiting_, {})) {
    if (!errand->outcome->wanted()) continue;
    if (errand->deadline <= now) {
      fail_errand(std::move(errand), Errc::unavailable, trouble_);
    } else {
      route(std::move(errand));
    }
  }
  if (outdated_ || !waiting_.empty()) tick_.set(now + k_tick);
}

// Those that are left without slots and calls, except the ones that the address names.
void Cluster::drop_nodes() {
  std::set<const Client*> used(slots_.begin(), slots_.end());
  for (const auto& place : std::get<ClusterNodes>(settings_.address.place).places)
    used.insert(&node(place));
  std::erase_if(
      nodes_, [&](auto& one) { return !used.contains(&one.second) && one.second.waiting() == 0; });
}

}  // namespace weft::net::redis
