#include "providers/http_client/pool.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/asio/post.hpp>
#include <utility>

#include "net/client_stream.h"

namespace weft::providers::http_client {
namespace {

constexpr std::size_t k_kept_per_origin = 64;
constexpr std::size_t k_waiting = 1024;

}  // namespace

class Pool::Dialling final : public Wish, public std::enable_shared_from_this<Dialling> {
 public:
  Dialling(Pool& pool, WishFor wish, Done done)
      : pool_(pool), wish_(std::move(wish)), done_(std::move(done)) {}

  Pool& pool_;
  const WishFor wish_;
  Done done_;                        // null: nobody waits
  std::unique_ptr<net::Dial> dial_;  // null: it waits for a place
  std::optional<Alarm> patience_;    // while it does
  std::unique_ptr<Line> line_;       // of another, about to be told
  std::unique_ptr<net::ConnectionPlaces::Place> place_;
};

namespace {

// What the caller holds: gives the wish up with it.
template <class Shared, class Forget>
class Hold final : public Wish {
 public:
  Hold(std::shared_ptr<Shared> shared, Forget forget)
      : shared_(std::move(shared)), forget_(std::move(forget)) {}
  ~Hold() override { forget_(*shared_); }

 private:
  std::shared_ptr<Shared> shared_;
  Forget forget_;
};

}  // namespace

Pool::Pool(const net::Executor& executor, net::Resolver& resolver, net::ConnectionPlaces& places,
           const Clock& clock, const Grant& grant, std::shared_ptr<const net::TlsClient> tls)
    : executor_(executor),
      resolver_(resolver),
      places_(places),
      clock_(clock),
      grant_(grant),
      tls_(std::move(tls)),
      settings_{},
      sweep_(executor, clock, [this] { sweep(); }) {}

Pool::~Pool() = default;

std::string Pool::origin(const Target& target) const {
  return fmt::format("{}://{}:{}", target.scheme, target.host, target.port);
}

std::unique_ptr<Line> Pool::take(const Target& target, Look look) {
  const auto found = idle_.find(origin(target));
  if (found == idle_.end()) return nullptr;
  auto& lines = found->second;
  std::unique_ptr<Line> line;
  while (!line && !lines.empty()) {
    line = std::move(lines.back());
    lines.pop_back();
    if (look == Look::no || line->connection->usable_now()) break;
    line.reset();
    --open_;
  }
  if (lines.empty()) idle_.erase(found);
  return line;
}

std::unique_ptr<Wish> Pool::dial(const WishFor& wish, Done done) {
  auto dialling = std::make_shared<Dialling>(*this, wish, std::move(done));
  const auto forget_it = [this](Dialling& one) { forget(one); };
  auto hold = std::make_unique<Hold<Dialling, decltype(forget_it)>>(dialling, forget_it);
  if (open_ < grant_.connections) {
    begin(*dialling);
    return hold;
  }
  if (!idle_.empty()) {
    make_place();
    begin(*dialling);
    return hold;
  }
  if (waiting_.size() >= k_waiting) {
    refuse(dialling, full());
    return hold;
  }
  waiting_.push_back(dialling.get());
  auto& patience = dialling->patience_.emplace(executor_, clock_, [this, one = dialling.get()] {
    const auto self = one->shared_from_this();
    std::erase(waiting_, one);
    if (one->done_) std::exchange(one->done_, nullptr)(std::unexpected(full()));
  });
  patience.set(wish.deadline);
  return hold;
}

// Tells it later.
void Pool::refuse(const std::shared_ptr<Dialling>& wish, PoolFault fault) {
  boost::asio::post(executor_, [one = wish, fault = std::move(fault)] {
    if (one->done_) std::exchange(one->done_, nullptr)(std::unexpected(fault));
  });
}

PoolFault Pool::full() const {
  return {std::nullopt,
          fmt::format("{} connections are open on this thread, which is all that `connections` in "
                      "the link's target config allows",
                      open_)};
}

// The connection that has not been used for longest is closed.
void Pool::make_place() {
  const auto since = [](const auto& entry) { return entry.second.front()->idle_since; };
  const auto oldest = std::ranges::min_element(idle_, {}, since);
  auto& lines = oldest->second;
  lines.erase(lines.begin());
  if (lines.empty()) idle_.erase(oldest);
  --open_;
}

void Pool::begin(Dialling& wish) {
  wish.patience_.reset();
  wish.place_ = places_.take();
  if (!wish.place_ && !idle_.empty()) {
    make_place();
    wish.place_ = places_.take();
  }
  if (!wish.place_) {
    return refuse(wish.shared_from_this(),
                  {std::nullopt,
                   fmt::format("this process has {} connections to servers, which is all that its "
                               "limit of {} descriptors leaves; raise it (ulimit -n, LimitNOFILE)",
                               places_.most(), net::descriptor_limit())});
  }
  ++open_;
  const Target& target = wish.wish_.target;
  net::DialRequest request{.host = target.host,
                           .port = target.port,
                           .asker = wish.wish_.asker,
                           .deadline = wish.wish_.deadline,
                           .tls = target.scheme == "https" ? tls_ : nullptr,
                           .admits = [this](const boost::asio::ip::address& address) {
                             return grant_.refuses(address).empty();
                           }};
  wish.dial_ = std::make_unique<net::Dial>(
      executor_, resolver_, clock_, std::move(request),
      [this, one = &wish](auto result) { dialled(*one, std::move(result)); });
}

void Pool::dialled(Dialling& wish,
                   std::expected<std::unique_ptr<net::ClientStream>, net::DialFault> result) {
  const auto self = wish.shared_from_this();
  const auto done = std::exchange(wish.done_, nullptr);
  if (!result) {
    wish.place_.reset();
    closed();
    return done(std::unexpected(PoolFault{std::move(result).error(), {}}));
  }
  auto line = std::make_unique<Line>();
  line->origin = origin(wish.wish_.target);
  line->place = std::move(wish.place_);
  line->connection = std::make_unique<net::HttpClientConnection>(
      *std::move(result), settings_, [this, one = line.get()] { lost(one); });
  done(std::move(line));
}

void Pool::forget(Dialling& wish) {
  std::erase(waiting_, &wish);
  const bool under_way = wish.done_ && wish.dial_;
  wish.done_ = nullptr;
  wish.dial_.reset();
  wish.place_.reset();
  wish.patience_.reset();
  if (wish.line_) give_back(std::move(wish.line_));
  if (under_way) closed();
}

// Whether it goes to who has waited for a place longest: only to the same origin.
bool Pool::hand_over(std::unique_ptr<Line>& line) {
  if (waiting_.empty() || origin(waiting_.front()->wish_.target) != line->origin) return false;
  auto& next = *waiting_.front();
  waiting_.pop_front();
  next.patience_.reset();
  next.line_ = std::move(line);
  boost::asio::post(executor_, [one = next.shared_from_this()] {
    if (!one->line_) return;
    if (one->line_->connection->usable())
      return std::exchange(one->done_, nullptr)(std::move(one->line_));
    // Its server has closed it meanwhile.
    one->line_.reset();
    --one->pool_.open_;
    one->pool_.begin(*one);
  });
  return true;
}

void Pool::give_back(std::unique_ptr<Line> line) {
  const bool usable = line->connection->usable();
  if (usable && hand_over(line)) return;
  auto& lines = idle_[line->origin];
  // Whoever waits for a place wants to go elsewhere.
  if (!usable || lines.size() == k_kept_per_origin || !waiting_.empty()) {
    if (lines.empty()) idle_.erase(line->origin);
    line.reset();
    return closed();
  }
  line->idle_since = clock_.now();
  lines.push_back(std::move(line));
  if (sweep_.at() == MonotonicTime::max()) sweep_.set(clock_.now() + grant_.keep);
}

// The server closed an idle connection.
void Pool::lost(const Line* line) {
  const auto found = idle_.find(line->origin);
  if (found == idle_.end()) return;
  auto& lines = found->second;
  const auto at = std::ranges::find(lines, line, &std::unique_ptr<Line>::get);
  if (at == lines.end()) return;
  const auto gone = std::move(*at);  // which this is called by
  lines.erase(at);
  if (lines.empty()) idle_.erase(found);
  closed();
}

// A place is free.
void Pool::closed() {
  --open_;
  if (waiting_.empty()) return;
  auto* next = waiting_.front();
  waiting_.pop_front();
  begin(*next);
}

void Pool::sweep() {
  const auto now = clock_.now();
  auto next = MonotonicTime::max();
  for (auto at = idle_.begin(); at != idle_.end();) {
    auto& lines = at->second;
    const auto old = std::erase_if(
        lines, [&](const auto& line) { return line->idle_since + grant_.keep <= now; });
    open_ -= old;
    for (const auto& line : lines) next = std::min(next, line->idle_since + grant_.keep);
    at = lines.empty() ? idle_.erase(at) : std::next(at);
  }
  if (next != MonotonicTime::max()) sweep_.set(next);
}

}  // namespace weft::providers::http_client
