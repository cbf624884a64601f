#include "providers/keyvalue_redis/face.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <memory>
#include <optional>
#include <ranges>
#include <utility>

#include "base/bytes.h"
#include "contracts/keyvalue/capabilities.h"
#include "providers/keyvalue_redis/errors.h"
#include "providers/keyvalue_redis/gather.h"
#include "providers/keyvalue_redis/outcomes.h"
#include "providers/keyvalue_redis/scan.h"
#include "providers/keyvalue_redis/scripts.h"

namespace weft::providers::keyvalue_redis {

namespace kv = contracts::keyvalue;
using net::redis::Commands;
using net::redis::Kind;
using net::redis::Reply;

namespace {

kv::OwnedBytes owned(std::string_view text) {
  const auto bytes = std::as_bytes(std::span(text));
  return {bytes.begin(), bytes.end()};
}

// What a transaction answers to its first command.
Result<Reply> first_of(const Reply& reply, std::string_view where) {
  if (!reply.is(Kind::list) || reply.size() == 0) return std::unexpected(unexpected_reply(where));
  const auto first = reply.at(0);
  if (first.is(Kind::error)) return std::unexpected(redis_error(first.text(), where));
  return first;
}

kv::Snapshot snapshot(kv::Item item, const Reply& reply) {
  kv::Snapshot made{.bucket = std::string(item.bucket),
                    .key = std::string(item.key),
                    .version = std::string(reply.at(0).text()),
                    .value = std::nullopt};
  if (reply.size() > 1) made.value = owned(reply.at(1).text());
  return made;
}

constexpr std::string_view k_slots_differ =
    "keys of several slots of a Redis Cluster cannot be written all or none: write one by one, or "
    "give the bucket a name with a {tag}, which keeps all its keys in one slot";

bool is_snapshot(const Reply& reply) { return reply.is(Kind::list) && reply.size() > 0; }

}  // namespace

Face::Face(const net::redis::ClientSettings& settings, std::shared_ptr<const net::TlsClient> tls,
           Calls& calls, const net::redis::Client::Surroundings& around)
    : where_(fmt::format("{} ({})", settings.label, settings.address.text())),
      calls_(calls),
      random_(around.random),
      servers_(settings, std::move(tls), around),
      holder_(
          calls, around.executor, [this] { servers_.forget_unwanted(); }, settings.answer_limit) {}

template <class T, class Convert, class Write>
void Face::ask(Item item, Answer<T> answer, Convert convert, const Write& write) {
  Calls::Token token(calls_);
  if (calls_.closed()) return refuse(std::move(answer), closing(where_));
  const auto deadline = answer.context().deadline;
  servers_.send(slot(item.bucket, item.key), deadline,
                std::make_unique<AnswerOutcome<T, Convert>>(std::move(answer), std::move(convert),
                                                            where_, std::move(token)),
                write);
}

std::uint16_t Face::slot(std::string_view bucket, std::string_view key) {
  if (!servers_.is_cluster()) return 0;
  return net::redis::slot_of(std::string(names_.prefix(bucket, key)).append(key));
}

template <class Keys>
bool Face::one_slot(std::string_view bucket, const Keys& keys) {
  return std::ranges::all_of(
      keys, [&, first = slot(bucket, *std::ranges::begin(keys))](std::string_view key) {
        return slot(bucket, key) == first;
      });
}

void Face::word_name(Commands& commands, std::string_view bucket, std::string_view key) {
  commands.word({names_.prefix(bucket, key), key});
}

void Face::word_mark(Commands& commands, std::string_view bucket, std::string_view key) {
  const auto prefix = names_.prefix(bucket, key);
  if (is_plain(prefix, key)) {
    commands.word({k_mark_begin, prefix, key, k_mark_end});
  } else {
    commands.word(odd_mark(std::string(prefix).append(key)));
  }
}

std::string Face::new_mark() { return fmt::format("{:016x}:", random_.next()); }

void Face::get(Item item, Answer<std::optional<Bytes>> answer) {
  if (auto allowed = check(item); !allowed) return refuse(std::move(answer), std::move(allowed));
  ask(
      item, std::move(answer),
      [](const Reply& reply, std::string_view where) -> Result<std::optional<Bytes>> {
        if (reply.is(Kind::nothing)) return std::nullopt;
        if (!reply.is(Kind::text)) return std::unexpected(unexpected_reply(where));
        return std::as_bytes(std::span(reply.text()));
      },
      [&](Commands& commands) {
        commands.command(2).word("GET");
        word_name(commands, item.bucket, item.key);
      });
}

void Face::exists(Item item, Answer<bool> answer) {
  if (auto allowed = check(item); !allowed) return refuse(std::move(answer), std::move(allowed));
  ask(
      item, std::move(answer),
      [](const Reply& reply, std::string_view) -> Result<bool> { return reply.integer() > 0; },
      [&](Commands& commands) {
        commands.command(2).word("EXISTS");
        word_name(commands, item.bucket, item.key);
      });
}

void Face::set(Item item, Bytes value, Answer<void> answer) {
  if (auto allowed = check(item, value); !allowed)
    return refuse(std::move(answer), std::move(allowed));
  ask(
      item, std::move(answer),
      [](const Reply& reply, std::string_view where) -> Result<> {
        TRY(const auto done, first_of(reply, where));
        (void)done;
        return {};
      },
      [&](Commands& commands) {
        commands.transaction().command(3).word("SET");
        word_name(commands, item.bucket, item.key);
        commands.word(text_of(value)).command(2).word("DEL");
        word_mark(commands, item.bucket, item.key);
        commands.whole("EXEC");
      });
}

void Face::erase(Item item, Answer<void> answer) {
  if (auto allowed = check(item); !allowed) return refuse(std::move(answer), std::move(allowed));
  ask(
      item, std::move(answer), [](const Reply&, std::string_view) -> Result<> { return {}; },
      [&](Commands& commands) {
        commands.command(3).word("DEL");
        word_name(commands, item.bucket, item.key);
        word_mark(commands, item.bucket, item.key);
      });
}

void Face::increment(Item item, std::int64_t delta, Answer<std::int64_t> answer) {
  if (auto allowed = check(item); !allowed) return refuse(std::move(answer), std::move(allowed));
  ask(
      item, std::move(answer),
      [](const Reply& reply, std::string_view where) -> Result<std::int64_t> {
        TRY(const auto sum, first_of(reply, where));
        return sum.integer();
      },
      [&](Commands& commands) {
        commands.transaction().command(3).word("INCRBY");
        word_name(commands, item.bucket, item.key);
        commands.word(delta).command(2).word("DEL");
        word_mark(commands, item.bucket, item.key);
        commands.whole("EXEC");
      });
}

void Face::get_many(std::string_view bucket, std::vector<std::string_view> keys,
                    Answer<kv::Found> answer) {
  if (auto allowed = kv::check_keys(bucket, keys); !allowed)
    return refuse(std::move(answer), std::move(allowed));
  if (keys.empty()) return std::move(answer)(kv::Found());
  Calls::Token token(calls_);
  if (calls_.closed()) return refuse(std::move(answer), closing(where_));
  const auto deadline = answer.context().deadline;
  auto gather =
      std::make_shared<Gather>(std::move(token), where_, std::move(keys), std::move(answer));
  const auto& names = gather->names();
  // One server has all of them; in a cluster a command is for one slot.
  std::map<std::uint16_t, std::vector<std::size_t>> parts;
  for (std::size_t i = 0; i < names.size(); ++i) parts[slot(bucket, names[i])].push_back(i);
  gather->expect(parts.size());
  for (const auto& [slot, part] : parts) {
    if (gather->over()) return;
    servers_.send(slot, deadline, Gather::outcome(gather, part), [&](Commands& commands) {
      commands.command(1 + part.size()).word("MGET");
      for (const auto i : part) word_name(commands, bucket, names[i]);
    });
  }
}

void Face::set_many(std::string_view bucket, std::vector<kv::Pair> pairs, Answer<void> answer) {
  if (auto allowed = kv::check_pairs(bucket, pairs); !allowed)
    return refuse(std::move(answer), std::move(allowed));
  if (pairs.empty()) return std::move(answer)({});
  if (!one_slot(bucket, std::views::transform(pairs, &kv::Pair::key)))
    return std::move(answer).unsupported(k_slots_differ);
  ask(
      Item{bucket, pairs.front().key}, std::move(answer),
      [](const Reply& reply, std::string_view where) -> Result<> {
        TRY(const auto done, first_of(reply, where));
        (void)done;
        return {};
      },
      [&](Commands& commands) {
        commands.transaction().command(1 + 2 * pairs.size()).word("MSET");
        for (const auto& [key, value] : pairs) {
          word_name(commands, bucket, key);
          commands.word(text_of(value));
        }
        commands.command(1 + pairs.size()).word("DEL");
        for (const auto& [key, value] : pairs) word_mark(commands, bucket, key);
        commands.whole("EXEC");
      });
}

void Face::erase_many(std::string_view bucket, std::vector<std::string_view> keys,
                      Answer<void> answer) {
  if (auto allowed = kv::check_keys(bucket, keys); !allowed)
    return refuse(std::move(answer), std::move(allowed));
  if (keys.empty()) return std::move(answer)({});
  if (!one_slot(bucket, keys)) return std::move(answer).unsupported(k_slots_differ);
  ask(
      Item{bucket, keys.front()}, std::move(answer),
      [](const Reply&, std::string_view) -> Result<> { return {}; },
      [&](Commands& commands) {
        commands.command(1 + 2 * keys.size()).word("DEL");
        for (const auto key : keys) {
          word_name(commands, bucket, key);
          word_mark(commands, bucket, key);
        }
      });
}

void Face::get_with_version(Item item, Answer<kv::Snapshot> answer) {
  if (auto allowed = check(item); !allowed) return refuse(std::move(answer), std::move(allowed));
  ask(
      item, std::move(answer),
      [item](const Reply& reply, std::string_view where) -> Result<kv::Snapshot> {
        if (!is_snapshot(reply)) return std::unexpected(unexpected_reply(where));
        return snapshot(item, reply);
      },
      [&](Commands& commands) {
        commands.command(7).word("EVAL").word(k_look).word(2);
        word_name(commands, item.bucket, item.key);
        word_mark(commands, item.bucket, item.key);
        commands.word(new_mark()).word(k_mark_seconds);
      });
}

void Face::compare_and_swap(Item item, std::string_view version, Bytes value,
                            Answer<kv::Outcome> answer) {
  if (auto allowed = check(item, value); !allowed)
    return refuse(std::move(answer), std::move(allowed));
  ask(
      item, std::move(answer),
      [item](const Reply& reply, std::string_view where) -> Result<kv::Outcome> {
        if (reply.is(Kind::list) && reply.size() == 0) return kv::Swapped{};
        if (!is_snapshot(reply)) return std::unexpected(unexpected_reply(where));
        return kv::Changed{snapshot(item, reply)};
      },
      [&](Commands& commands) {
        commands.command(9).word("EVAL").word(k_swap).word(2);
        word_name(commands, item.bucket, item.key);
        word_mark(commands, item.bucket, item.key);
        commands.word(new_mark()).word(k_mark_seconds).word(version).word(text_of(value));
      });
}

void Face::list_keys(std::string_view bucket, kv::Place from, std::uint32_t limit,
                     Answer<kv::Page> answer) {
  if (auto allowed = kv::check_bucket(bucket); !allowed)
    return refuse(std::move(answer), std::move(allowed));
  Calls::Token token(calls_);
  if (calls_.closed()) return refuse(std::move(answer), closing(where_));
  scan(servers_, std::move(token), where_, names_.prefix(bucket), bucket, from, limit,
       std::move(answer));
}

}  // namespace weft::providers::keyvalue_redis
