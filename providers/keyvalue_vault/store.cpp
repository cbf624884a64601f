#include "providers/keyvalue_vault/store.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/asio/post.hpp>
#include <utility>

namespace weft::providers::keyvalue_vault {
namespace {

using net::vault::Repeat;
using net::vault::Reply;
using net::vault::Request;
using namespace std::chrono_literals;

constexpr std::size_t k_batch = 256;
constexpr std::size_t k_most_ops = 8192;
constexpr std::size_t k_most_bytes = std::size_t{128} << 20;
// So often a write is made anew because somebody else was quicker.
constexpr unsigned k_attempts = 200;
constexpr std::chrono::milliseconds k_pause_first = 1ms, k_pause_most = 40ms;

bool edits(Op::Kind kind) { return kind != Op::Kind::read; }

}  // namespace

Store::Store(const Checked& settings, const net::vault::Client::Surroundings& around, Log& log)
    : settings_(settings),
      executor_(around.executor),
      clock_(around.clock),
      random_(around.random),
      alarm_(around.executor, around.clock, [this] { expire(); }),
      client_(std::make_unique<net::vault::Client>(settings.client, settings.tls, around, log)) {}

Store::~Store() {
  closed_ = true;
  *anchor_ = nullptr;
  const auto error = unavailable("the provider is being closed");
  for (const auto& [path, lane] : std::exchange(lanes_, {})) {
    for (auto& op : lane->batch) {
      if (op) op->fail(error);
    }
    for (auto& op : lane->waiting) op->fail(error);
    lane->batch.clear();
    lane->waiting.clear();
  }
  client_.reset();
}

Error Store::unavailable(std::string_view why) const {
  return {Errc::unavailable, fmt::format("{}: {}", client_->where(), why)};
}

void Store::forget(Op& op) {
  --ops_;
  bytes_ -= op.bytes();
}

void Store::add(const std::string& path, std::unique_ptr<Op> op) {
  const auto now = clock_.now();
  if (op->deadline() <= now) {
    return op->fail(
        {Errc::timed_out, fmt::format("{}: the deadline had passed already", client_->where())});
  }
  if (ops_ >= k_most_ops) return op->fail(unavailable(fmt::format("{} calls wait already", ops_)));
  if (bytes_ >= k_most_bytes)
    return op->fail(unavailable(fmt::format("{} bytes wait to be sent already", bytes_)));
  ++ops_;
  bytes_ += op->bytes();
  if (op->deadline() < alarm_.at()) alarm_.set(op->deadline());
  auto& lane = lanes_[path];
  const bool idle = lane == nullptr;
  if (idle) {
    lane = std::make_shared<Lane>();
    lane->path = path;
  }
  lane->waiting.push_back(std::move(op));
  if (idle) run(LanePtr(lane));
}

// ---- a batch ----

// What waits, up to a call that must come after the others have been written. False: nothing does.
bool Store::take_batch(Lane& lane) {
  lane.batch.clear();
  lane.attempts = 0;
  const bool erases_alone = settings_.layout == Layout::secret_per_key;
  bool edited = false;
  while (!lane.waiting.empty() && lane.batch.size() < k_batch) {
    auto& op = lane.waiting.front();
    const auto kind = op->kind();
    const bool alone = kind == Op::Kind::erase && erases_alone;
    if (op->wanted()) {
      // A read shows what is written, a version is that of a written state.
      if (edited && (kind == Op::Kind::read || kind == Op::Kind::swap)) break;
      if (alone && !lane.batch.empty()) break;
      edited = edited || edits(kind);
      lane.batch.push_back(std::move(op));
    } else {
      forget(*op);
    }
    lane.waiting.pop_front();
    if (alone && !lane.batch.empty()) break;
  }
  return !lane.batch.empty();
}

void Store::run(const LanePtr& lane) {
  if (!take_batch(*lane)) {
    lanes_.erase(lane->path);
    return;
  }
  const bool per_key = settings_.layout == Layout::secret_per_key;
  const bool all_overwrite = std::ranges::all_of(
      lane->batch, [](const auto& op) { return op->kind() == Op::Kind::overwrite; });
  if (per_key && lane->batch.front()->kind() == Op::Kind::erase) return erase(lane);
  if (!per_key || !all_overwrite) return look(lane);
  lane->secret = {};
  for (auto& op : lane->batch) op->apply(lane->secret);
  write(lane, std::nullopt);
}

// So that a failure that comes at once leads to no recursion.
void Store::run_later(const LanePtr& lane) {
  lane->batch.clear();
  boost::asio::post(executor_, [anchor = anchor_, lane] {
    if (auto* self = *anchor) self->run(lane);
  });
}

Request Store::request(const LanePtr& lane, Verb verb) const {
  Request made;
  const bool gone = verb == Verb::erase;
  const auto path =
      fmt::format("{}/{}/{}", settings_.mount, gone ? "metadata" : "data", lane->path);
  made.method = gone ? "DELETE" : verb == Verb::read ? "GET" : "POST";
  made.path = net::vault::percent_encoded(path);
  const auto slash = path.rfind('/');
  made.policy_path =
      settings_.layout == Layout::secret_per_key ? path.substr(0, slash) + "/*" : path;
  made.capability = gone                 ? "\"delete\""
                    : verb == Verb::read ? "\"read\""
                                         : "\"create\", \"update\"";
  // A write that is sent again could undo what another caller was answered in between.
  made.repeat = verb == Verb::read ? Repeat::yes : Repeat::no;
  made.deadline = clock_.now();
  for (const auto& op : lane->batch) {
    if (op) made.deadline = std::max(made.deadline, op->deadline());
  }
  made.wanted = [lane] {
    return std::ranges::any_of(lane->batch, [](const auto& op) { return op && op->wanted(); });
  };
  return made;
}

void Store::look(const LanePtr& lane) {
  client_->send(request(lane, Verb::read),
                [this, lane](auto reply) { on_look(lane, std::move(reply)); });
}

void Store::on_look(const LanePtr& lane, Result<Reply> reply) {
  if (closed_) return;
  if (!reply) return fail_batch(lane, reply.error());
  auto secret = read_secret(reply->body);
  if (!secret) return fail_batch(lane, std::move(secret).error().context(client_->where()));
  lane->secret = *std::move(secret);
  apply(lane);
}

void Store::apply(const LanePtr& lane) {
  for (auto& slot : lane->batch) {
    if (!slot) continue;
    if (!slot->wanted()) {
      forget(*slot);
      slot.reset();
      continue;
    }
    const bool good = slot->apply(lane->secret);
    if (good && edits(slot->kind())) continue;
    const auto done = std::move(slot);
    forget(*done);
    done->settle();
    if (closed_) return;
  }
  if (lane->secret.edited) return write(lane, lane->secret.version);
  settle_batch(lane);
}

void Store::write(const LanePtr& lane, std::optional<std::uint64_t> cas) {
  auto made = request(lane, Verb::write);
  made.body = write_secret(lane->secret, cas);
  client_->send(std::move(made), [this, lane](auto reply) { on_write(lane, std::move(reply)); });
}

void Store::on_write(const LanePtr& lane, Result<Reply> reply) {
  if (closed_) return;
  if (!reply && reply.error().code == Errc::conflict) return try_again(lane);
  if (!reply) return fail_batch(lane, reply.error());
  // Version 1 of the engine takes whatever comes, and says nothing.
  if (reply->status == 204) {
    return fail_batch(
        lane, {Errc::invalid, fmt::format("{}: the engine at `{}` is version 1 of KV: use one of "
                                          "version 2, `bao kv enable-versioning {}`",
                                          client_->where(), settings_.mount, settings_.mount)});
  }
  settle_batch(lane);
}

// Somebody else was quicker: with what is there now, after a moment.
void Store::try_again(const LanePtr& lane) {
  if (++lane->attempts >= k_attempts) {
    return fail_batch(lane,
                      unavailable(fmt::format("others changed the secret {} times before this "
                                              "call could; it was not done",
                                              lane->attempts)));
  }
  const auto most = std::min<std::chrono::nanoseconds>(
      k_pause_most, k_pause_first * (1 << std::min(lane->attempts, 6u)));
  auto& pause = lane->pause.emplace(executor_, clock_, [this, raw = lane.get()] {
    const auto found = lanes_.find(raw->path);
    if (found != lanes_.end()) look(LanePtr(found->second));
  });
  pause.set(clock_.now() +
            std::chrono::nanoseconds(random_.next() % static_cast<std::uint64_t>(most.count())));
}

void Store::erase(const LanePtr& lane) {
  client_->send(request(lane, Verb::erase), [this, lane](auto reply) {
    if (closed_) return;
    if (!reply) return fail_batch(lane, reply.error());
    if (auto& op = lane->batch.front()) {
      Secret nothing;
      op->apply(nothing);
    }
    settle_batch(lane);
  });
}

void Store::settle_batch(const LanePtr& lane) {
  for (auto& slot : std::exchange(lane->batch, {})) {
    if (!slot) continue;
    forget(*slot);
    slot->settle();
    if (closed_) return;
  }
  run_later(lane);
}

void Store::fail_batch(const LanePtr& lane, const Error& error) {
  for (auto& slot : std::exchange(lane->batch, {})) {
    if (!slot) continue;
    forget(*slot);
    slot->fail(error);
    if (closed_) return;
  }
  run_later(lane);
}

void Store::drop_unwanted() {
  std::vector<std::unique_ptr<Op>> gone;
  const auto is_gone = [&](std::unique_ptr<Op>& op) {
    if (!op || op->wanted()) return false;
    forget(*op);
    gone.push_back(std::move(op));
    return true;
  };
  for (auto& [path, lane] : lanes_) {
    for (auto& op : lane->batch) is_gone(op);
    std::erase_if(lane->waiting, is_gone);
  }
}

// ---- what is asked of no one secret ----

void Store::list(const std::string& folder, MonotonicTime deadline, std::function<bool()> wanted,
                 std::function<void(Result<std::vector<std::string>>)> done) {
  const auto path = fmt::format("{}/metadata/{}", settings_.mount, folder);
  client_->send({.method = "GET",
                 .path = net::vault::percent_encoded(path) + "?list=true",
                 .policy_path = path,
                 .capability = "\"list\"",
                 .repeat = Repeat::yes,
                 .deadline = deadline,
                 .wanted = std::move(wanted)},
                [done = std::move(done)](Result<Reply> reply) {
                  if (!reply) return done(std::unexpected(std::move(reply).error()));
                  done(read_names(reply->body));
                });
}

// ---- time ----

void Store::expire() {
  const auto now = clock_.now();
  std::vector<std::unique_ptr<Op>> late;
  const auto is_late = [&](std::unique_ptr<Op>& op) {
    if (!op || op->deadline() > now) return false;
    forget(*op);
    late.push_back(std::move(op));
    return true;
  };
  for (auto& [path, lane] : lanes_) {
    for (auto& op : lane->batch) is_late(op);
    std::erase_if(lane->waiting, is_late);
  }
  set_alarm();
  const auto trouble = std::string(client_->trouble());
  const auto error = trouble.empty()
                         ? Error{Errc::timed_out, client_->where() + ": no reply in time"}
                         : unavailable(trouble);
  for (auto& op : late) op->fail(error);
}

void Store::set_alarm() {
  auto at = MonotonicTime::max();
  for (const auto& [path, lane] : lanes_) {
    for (const auto& op : lane->batch) {
      if (op) at = std::min(at, op->deadline());
    }
    for (const auto& op : lane->waiting) at = std::min(at, op->deadline());
  }
  if (at == MonotonicTime::max()) {
    alarm_.cancel();
  } else {
    alarm_.set(at);
  }
}

}  // namespace weft::providers::keyvalue_vault
