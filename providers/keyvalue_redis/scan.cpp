#include "providers/keyvalue_redis/scan.h"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <string>
#include <utility>
#include <vector>

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

// How many keys Redis looks at in one step: it serves nobody else meanwhile.
constexpr std::uint32_t k_batch = 1000;

// One listing under way, from batch to batch.
struct Listing {
  Calls::Token token;  // ends last
  net::redis::Client& client;
  const std::string_view where;
  const std::string prefix;
  const std::string_view bucket;  // as long as the answer
  const std::size_t limit;
  kv::Answer<kv::Page> answer;

  std::string cursor = "0";  // of the batch that is asked for
  std::string last = {};     // the key after which to go on in that batch
  bool resuming = false;     // whether there is one
  std::uint64_t skip = 0;    // keys still to be passed over
  std::uint64_t passed = 0;  // keys passed over or taken, for a place of that form
  bool by_count = false;
  std::vector<std::string> keys = {};
  std::string page_cursor = {};  // of the batch in which the last key of the page was found
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

void ask_for_batch(std::unique_ptr<Listing> listing) {
  Listing& now = *listing;
  const auto deadline = now.answer.context().deadline;
  now.client.send(
      deadline, std::make_unique<ScanOutcome>(std::move(listing)), [&](Commands& commands) {
        if (now.bucket == k_plain_bucket) {
          commands.whole("SCAN", now.cursor, "COUNT", k_batch);
        } else {
          commands.whole("SCAN", now.cursor, "MATCH", pattern(now.prefix), "COUNT", k_batch);
        }
      });
}

// Takes from a batch what belongs to the page, and one key more to know whether there is a next.
void take(Listing& listing, const Reply& names) {
  std::vector<std::string_view> found;
  names.each([&](const Reply& name) {
    if (const auto key = key_named(listing.bucket, listing.prefix, name.text()))
      found.push_back(*key);
  });
  std::size_t first = 0;
  if (std::exchange(listing.resuming, false)) {
    const auto last = std::ranges::find(found, listing.last);
    if (last != found.end()) first = static_cast<std::size_t>(last - found.begin()) + 1;
  }
  for (std::size_t i = first; i < found.size() && listing.keys.size() <= listing.limit; ++i) {
    if (listing.skip > 0) {
      --listing.skip;
      continue;
    }
    if (listing.keys.size() < listing.limit) listing.page_cursor = listing.cursor;
    listing.keys.emplace_back(found[i]);
  }
}

kv::Page page_of(Listing& listing) {
  kv::Page page;
  if (listing.keys.size() > listing.limit) {
    listing.keys.resize(listing.limit);
    if (listing.by_count) {
      page.next = kv::Skip{listing.passed + listing.limit};
    } else {
      page.next = kv::After{fmt::format("{}:{}", listing.page_cursor, listing.keys.back())};
    }
  }
  page.keys = std::move(listing.keys);
  return page;
}

void ScanOutcome::on_reply(const Reply& reply) noexcept {
  Listing& listing = *listing_;
  if (reply.is(Kind::error)) {
    return std::move(listing.answer)(std::unexpected(redis_error(reply.text(), listing.where)));
  }
  if (reply.size() != 2 || !reply.at(1).is(Kind::list))
    return std::move(listing.answer)(std::unexpected(unexpected_reply(listing.where)));
  take(listing, reply.at(1));
  const bool end = reply.at(0).text() == "0";
  if (!end && listing.keys.size() <= listing.limit) {
    listing.cursor = reply.at(0).text();
    return ask_for_batch(std::move(listing_));
  }
  std::move(listing.answer)(page_of(listing));
}

Result<> begin(Listing& listing, const kv::Place& from) {
  if (const auto* skip = std::get_if<kv::Skip>(&from)) {
    listing.by_count = true;
    listing.skip = listing.passed = skip->value;
  } else if (const auto* after = std::get_if<kv::After>(&from)) {
    const auto colon = after->value.find(':');
    const auto digits = std::string_view(after->value).substr(0, colon);
    const bool number =
        !digits.empty() && std::ranges::all_of(digits, [](char c) { return c >= '0' && c <= '9'; });
    if (colon == std::string::npos || !number)
      return fail(Errc::invalid, "this place to go on from is not of this store");
    listing.cursor = digits;
    listing.last = after->value.substr(colon + 1);
    listing.resuming = true;
  }
  return {};
}

}  // namespace

void scan(net::redis::Client& client, Calls::Token token, std::string_view where,
          std::string_view prefix, std::string_view bucket, const kv::Place& from,
          std::uint32_t limit, kv::Answer<kv::Page> answer) {
  const std::size_t keys = limit == 0 ? kv::k_page_keys : std::min(limit, kv::k_page_keys);
  auto listing = std::make_unique<Listing>(Listing{
      std::move(token), client, where, std::string(prefix), bucket, keys, std::move(answer)});
  if (auto begun = begin(*listing, from); !begun)
    return refuse(std::move(listing->answer), std::move(begun));
  ask_for_batch(std::move(listing));
}

}  // namespace weft::providers::keyvalue_redis
