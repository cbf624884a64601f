#include "providers/http_client/pool.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/asio/post.hpp>
#include <utility>

#include "net/address_range.h"
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

Pool::Pool(const net::Executor& executor, net::Resolver& resolver, const Clock& clock,
           const Grant& grant, std::shared_ptr<const net::TlsClient> tls)
    : executor_(executor),
      resolver_(resolver),
      clock_(clock),
      grant_(grant),
      tls_(std::move(tls)),
      settings_{},
      sweep_(executor, clock, [this] { sweep(); }) {}

Pool::~Pool() = default;

std::string Pool::origin(const Target& target) const {
  return fmt::format("{}://{}:{}", target.scheme, target.host, target.port);
}

std::unique_ptr<Line> Pool::take(const Target& target) {
  const auto found = idle_.find(origin(target));
  if (found == idle_.end()) return nullptr;
  auto line = std::move(found->second.back());
  found->second.pop_back();
  if (found->second.empty()) idle_.erase(found);
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
    // One that nobody uses makes place.
    auto& lines = idle_.begin()->second;
    lines.erase(lines.begin());
    if (lines.empty()) idle_.erase(idle_.begin());
    --open_;
    begin(*dialling);
    return hold;
  }
  if (waiting_.size() >= k_waiting) {
    boost::asio::post(executor_, [one = dialling] {
      if (one->done_) std::exchange(one->done_, nullptr)(std::unexpected(PoolFault{}));
    });
    return hold;
  }
  waiting_.push_back(dialling.get());
  auto& patience = dialling->patience_.emplace(executor_, clock_, [this, one = dialling.get()] {
    const auto self = one->shared_from_this();
    std::erase(waiting_, one);
    if (one->done_) std::exchange(one->done_, nullptr)(std::unexpected(PoolFault{}));
  });
  patience.set(wish.deadline);
  return hold;
}

void Pool::begin(Dialling& wish) {
  ++open_;
  wish.patience_.reset();
  const Target& target = wish.wish_.target;
  net::DialRequest request{.host = target.host,
                           .port = target.port,
                           .deadline = wish.wish_.deadline,
                           .tls = target.scheme == "https" ? tls_ : nullptr,
                           .admits = [this](const boost::asio::ip::address& address) {
                             return grant_.allow_private || net::inner_range(address).empty();
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
    closed();
    return done(std::unexpected(PoolFault{std::move(result).error()}));
  }
  auto line = std::make_unique<Line>();
  line->origin = origin(wish.wish_.target);
  line->connection = std::make_unique<net::HttpClientConnection>(
      *std::move(result), settings_, [this, one = line.get()] { lost(one); });
  done(std::move(line));
}

void Pool::forget(Dialling& wish) {
  std::erase(waiting_, &wish);
  const bool under_way = wish.done_ && wish.dial_;
  wish.done_ = nullptr;
  wish.dial_.reset();
  wish.patience_.reset();
  if (under_way) closed();
}

void Pool::give_back(std::unique_ptr<Line> line) {
  auto& lines = idle_[line->origin];
  // Whoever waits for a place may want to go elsewhere.
  if (!line->connection->usable() || lines.size() == k_kept_per_origin || !waiting_.empty()) {
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
