#include "providers/keyvalue_redis/scan.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <iterator>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "contracts/image_codec.h"
#include "contracts/keyvalue/capabilities.h"
#include "providers/keyvalue_redis/errors.h"
#include "providers/keyvalue_redis/names.h"
#include "providers/keyvalue_redis/outcomes.h"

namespace weft::providers::keyvalue_redis {
namespace {

namespace kv = contracts::keyvalue;
using net::redis::Commands;
using net::redis::Kind;
using net::redis::Reply;

// How many keys Redis looks at in one step: it serves nobody else meanwhile. Where they are mostly
// of the bucket a step brings few that are too many for the page.
constexpr std::uint32_t k_least_batch = 10;
constexpr std::uint32_t k_most_batch = 1000;

// One listing under way, from batch to batch.
struct Listing {
  Calls::Token token;  // ends last
  Servers& servers;
  const std::string_view where;
  const std::string prefix;
  const std::string_view bucket;  // as long as the answer
  const std::size_t limit;
  const MonotonicTime deadline;  // of all batches together
  kv::Answer<kv::Page> answer;

  std::string node = {};     // that is asked
  std::string cursor = "0";  // of the batch that is asked for; of the last one "0" comes back
  std::uint32_t batch = 0;
  std::uint64_t skip = 0;    // keys still to be passed over
  std::uint64_t passed = 0;  // keys passed over or taken, for a place of that form
  bool by_count = false;
  std::vector<std::string> keys = {};  // more than `limit` when a batch had more
};

class ScanOutcome final : public net::redis::Outcome {
 public:
  explicit ScanOutcome(std::unique_ptr<Listing> listing) : listing_(std::move(listing)) {}
  void on_reply(const Reply& reply) noexcept override;
  void on_failure(Error error) noexcept override {
    std::move(listing_->answer)(std::unexpected(std::move(error)));
  }
  bool wanted() const noexcept override { return listing_->answer.wanted(); }

 private:
  std::unique_ptr<Listing> listing_;
};

Result<> nodes_changed() {
  return fail(Errc::invalid,
              "the nodes of the cluster have changed since the page before: begin from the start");
}

void ask_for_batch(std::unique_ptr<Listing> listing) {
  Listing& now = *listing;
  auto* const node = now.servers.find_node(now.node);
  if (node == nullptr) return refuse(std::move(now.answer), nodes_changed());
  node->send(
      now.deadline, std::make_unique<ScanOutcome>(std::move(listing)), [&](Commands& commands) {
        if (now.bucket == k_plain_bucket) {
          commands.whole("SCAN", now.cursor, "COUNT", now.batch);
        } else {
          commands.whole("SCAN", now.cursor, "MATCH", pattern(now.prefix), "COUNT", now.batch);
        }
      });
}

// How many keys the next batch should look at: as many as the page has room for, and more and more
// while none is of the bucket.
std::uint32_t next_batch(const Listing& listing, std::size_t found) {
  if (found == 0) return std::min(listing.batch * 2, k_most_batch);
  const auto room = listing.limit - std::min(listing.limit, listing.keys.size());
  return std::clamp(static_cast<std::uint32_t>(room), k_least_batch, k_most_batch);
}

// How many keys of the batch are of the bucket.
std::size_t take(Listing& listing, const Reply& names) {
  std::size_t found = 0;
  names.each([&](const Reply& name) {
    const auto key = key_named(listing.bucket, listing.prefix, name.text());
    if (!key) return;
    ++found;
    if (listing.skip > 0) {
      --listing.skip;
    } else {
      listing.keys.emplace_back(*key);
    }
  });
  return found;
}

// [NODE/]CURSOR:SIZE:KEY… with the keys of the last batch for which the page had no room.
std::string place(const Listing& listing, std::span<const std::string> keys) {
  auto made =
      fmt::format("{}{}{}:", listing.node, listing.servers.is_cluster() ? "/" : "", listing.cursor);
  for (const auto& key : keys) fmt::format_to(std::back_inserter(made), "{}:{}", key.size(), key);
  return made;
}

kv::Page page_of(Listing& listing) {
  kv::Page page;
  const auto most = std::min(listing.limit, listing.keys.size());
  const auto left = std::span(listing.keys).subspan(most);
  if (!left.empty() && listing.by_count) {
    page.next = kv::Skip{listing.passed + most};
  } else if (!left.empty()) {
    page.next = kv::After{place(listing, left)};
  }
  listing.keys.resize(most);
  page.keys = std::move(listing.keys);
  return page;
}

// False: this was the last.
bool next_node(Listing& listing) {
  const auto nodes = listing.servers.nodes();
  const auto next = std::ranges::upper_bound(nodes, listing.node);
  if (next == nodes.end()) return false;
  listing.node = *next;
  return true;
}

// After a batch. A page that is full goes on until there is a key more, or no batch: so the last
// one names no next.
void go_on(std::unique_ptr<Listing> listing) {
  const bool full = listing->keys.size() > listing->limit;
  if (full || (listing->cursor == "0" && !next_node(*listing)))
    return std::move(listing->answer)(page_of(*listing));
  ask_for_batch(std::move(listing));
}

void ScanOutcome::on_reply(const Reply& reply) noexcept {
  Listing& listing = *listing_;
  if (reply.is(Kind::error)) {
    return std::move(listing.answer)(std::unexpected(redis_error(reply.text(), listing.where)));
  }
  if (reply.size() != 2 || !reply.at(1).is(Kind::list))
    return std::move(listing.answer)(std::unexpected(unexpected_reply(listing.where)));
  if (!listing.answer.wanted()) return;
  listing.batch = next_batch(listing, take(listing, reply.at(1)));
  listing.cursor = reply.at(0).text();
  go_on(std::move(listing_));
}

// Takes digits and the colon after them from the front; nothing when there are none.
std::optional<std::string_view> take_digits(std::string_view& text) {
  const auto colon = text.find(':');
  const auto digits = text.substr(0, colon);
  if (colon == std::string_view::npos || digits.empty() || digits.size() > 20 ||
      digits.find_first_not_of("0123456789") != std::string_view::npos)
    return std::nullopt;
  text.remove_prefix(colon + 1);
  return digits;
}

// False when it is no place of ours.
bool resume(Listing& listing, std::string_view text) {
  if (listing.servers.is_cluster()) {
    const auto slash = text.find('/');
    if (slash == std::string_view::npos) return false;
    listing.node = text.substr(0, slash);
    text.remove_prefix(slash + 1);
  }
  const auto cursor = take_digits(text);
  if (!cursor) return false;
  listing.cursor = *cursor;
  while (!text.empty()) {
    const auto digits = take_digits(text);
    std::size_t size = 0;
    if (!digits ||
        std::from_chars(digits->data(), digits->data() + digits->size(), size).ec != std::errc() ||
        size > text.size() || !contracts::valid_utf8(text.substr(0, size)))
      return false;
    listing.keys.emplace_back(text.substr(0, size));
    text.remove_prefix(size);
  }
  return true;
}

Result<> begin(Listing& listing, const kv::Place& from) {
  const auto nodes = listing.servers.nodes();
  if (nodes.empty()) return nodes_changed();
  listing.node = nodes.front();
  if (const auto* skip = std::get_if<kv::Skip>(&from)) {
    listing.by_count = true;
    listing.skip = listing.passed = skip->value;
  } else if (const auto* after = std::get_if<kv::After>(&from)) {
    if (!resume(listing, after->value))
      return fail(Errc::invalid, "this place to go on from is not of this store");
  }
  listing.batch = next_batch(listing, 1);
  return {};
}

void start(std::unique_ptr<Listing> listing, const kv::Place& from) {
  if (auto begun = begin(*listing, from); !begun)
    return refuse(std::move(listing->answer), std::move(begun));
  // What was left may be all there is, or more than a page.
  if (std::holds_alternative<kv::After>(from)) return go_on(std::move(listing));
  ask_for_batch(std::move(listing));
}

// Begins when the nodes are known.
class ReadyOutcome final : public net::redis::Outcome {
 public:
  ReadyOutcome(std::unique_ptr<Listing> listing, kv::Place from)
      : listing_(std::move(listing)), from_(std::move(from)) {}
  void on_reply(const Reply&) noexcept override { start(std::move(listing_), from_); }
  void on_failure(Error error) noexcept override {
    std::move(listing_->answer)(std::unexpected(std::move(error)));
  }
  bool wanted() const noexcept override { return listing_->answer.wanted(); }

 private:
  std::unique_ptr<Listing> listing_;
  const kv::Place from_;
};

}  // namespace

void scan(Servers& servers, Calls::Token token, std::string_view where, std::string_view prefix,
          std::string_view bucket, const kv::Place& from, std::uint32_t limit,
          kv::Answer<kv::Page> answer) {
  const std::size_t keys = limit == 0 ? kv::k_page_keys : std::min(limit, kv::k_page_keys);
  const auto deadline = servers.latest(answer.context().deadline);
  auto listing =
      std::make_unique<Listing>(Listing{std::move(token), servers, where, std::string(prefix),
                                        bucket, keys, deadline, std::move(answer)});
  if (!servers.nodes().empty()) return start(std::move(listing), from);
  servers.send(0, deadline, std::make_unique<ReadyOutcome>(std::move(listing), from),
               [](Commands& commands) { commands.whole("PING"); });
}

}  // namespace weft::providers::keyvalue_redis
