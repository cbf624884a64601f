#include "net/redis/primary.h"

#include <fmt/format.h>

#include <charconv>
#include <chrono>
#include <optional>
#include <utility>

#include "net/redis/command.h"

namespace weft::net::redis {
namespace {

// For one sentinel, from the first byte to its answer.
constexpr std::chrono::milliseconds k_sentinel_limit{500};
constexpr std::size_t k_answer_bytes = 4096;

// HOST and PORT, as texts.
std::optional<HostPort> place_in(const Reply& reply) {
  if (!reply.is(Kind::list) || reply.size() != 2) return std::nullopt;
  const std::string host(reply.at(0).text()), port(reply.at(1).text());
  HostPort place{.host = host};
  const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), place.port);
  if (host.empty() || error != std::errc() || end != port.data() + port.size()) return std::nullopt;
  return place;
}

}  // namespace

PrimaryLookup::PrimaryLookup(const Way& way, const Sentinels& sentinels, std::size_t& first,
                             Done done)
    : way_(way),
      sentinels_(sentinels),
      first_(first),
      done_(std::move(done)),
      reader_(k_answer_bytes),
      alarm_(way.executor, way.clock,
             [this] { next(fmt::format("no answer within {} ms", k_sentinel_limit.count())); }) {
  ask();
}

const HostPort& PrimaryLookup::asked() const {
  return sentinels_.places[(first_ + tried_) % sentinels_.places.size()];
}

void PrimaryLookup::ask() {
  reader_ = ReplyReader(k_answer_bytes);
  alarm_.set(way_.clock.now() + k_sentinel_limit);
  Address address;
  address.place = asked();
  connection_ = open_connection(way_, address, nullptr, *this);
}

void PrimaryLookup::on_open() {
  Commands(question_).whole("SENTINEL", "GET-MASTER-ADDR-BY-NAME", sentinels_.name);
  (void)connection_->write(question_);
}

void PrimaryLookup::on_bytes(std::span<const char> bytes) {
  if (auto fed = reader_.feed(bytes); !fed) return next(fed.error().message);
  const auto read = reader_.next();
  if (!read) return next(read.error().message);
  const std::optional<Reply>& reply = *read;
  if (!reply) return;
  if (reply->is(Kind::error)) return next(reply->text());
  if (reply->is(Kind::nothing)) return next("it watches no server of this name");
  const auto place = place_in(*reply);
  if (!place) return next("it answered what it should not");
  first_ = (first_ + tried_) % sentinels_.places.size();
  finish(*place);
}

void PrimaryLookup::next(std::string_view why) {
  // The reason may lie in what goes away now.
  troubles_ += fmt::format("{}{}: {}", troubles_.empty() ? "" : "; ", place_text(asked()), why);
  connection_.reset();
  if (++tried_ < sentinels_.places.size()) return ask();
  finish(fail(Errc::unavailable, fmt::format("no sentinel knows the primary server of `{}` ({})",
                                             sentinels_.name, troubles_)));
}

void PrimaryLookup::finish(Result<HostPort> found) {
  alarm_.cancel();
  connection_.reset();
  const auto done = std::exchange(done_, nullptr);
  done(std::move(found));
}

}  // namespace weft::net::redis
