#include "providers/keyvalue_vault/face.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <utility>

#include "base/bytes.h"
#include "contracts/keyvalue/capabilities.h"
#include "providers/keyvalue_vault/gather.h"

namespace weft::providers::keyvalue_vault {

namespace kv = contracts::keyvalue;

namespace {

constexpr std::string_view k_many_secrets =
    "several keys at once with `layout: secret-per-key`: each is a secret of its own, and Vault "
    "changes one at a time; with `layout: secret-per-bucket` it can";

kv::OwnedBytes owned(std::string_view text) {
  const auto bytes = std::as_bytes(std::span(text));
  return {bytes.begin(), bytes.end()};
}

struct Done {};

Result<std::int64_t> number(const std::optional<std::string>& text) {
  if (!text) return 0;
  std::int64_t value = 0;
  const auto* last = text->data() + text->size();
  const auto [end, error] = std::from_chars(text->data(), last, value);
  if (error != std::errc() || end != last)
    return fail(Errc::invalid, "the value is no decimal number");
  return value;
}

Result<kv::Snapshot> snapshot(const Secret& secret, Layout layout, kv::Item item) {
  TRY(const auto value, value_of(secret, layout, item.key));
  kv::Snapshot made{.bucket = std::string(item.bucket),
                    .key = std::string(item.key),
                    .version = secret.mark(),
                    .value = std::nullopt};
  if (value) made.value = owned(*value);
  return made;
}

// Of all keys of a bucket, in any order.
Result<kv::Page> page_of(std::vector<std::string> keys, const kv::Place& from,
                         std::uint32_t limit) {
  std::ranges::sort(keys);
  const auto most = limit == 0 ? kv::k_page_keys : std::min(limit, kv::k_page_keys);
  auto first = keys.begin();
  const auto* skip = std::get_if<kv::Skip>(&from);
  if (const auto* after = std::get_if<kv::After>(&from))
    first = std::ranges::upper_bound(keys, after->value);
  if (skip != nullptr)
    first += static_cast<std::ptrdiff_t>(std::min<std::uint64_t>(skip->value, keys.size()));
  const auto size = std::min<std::ptrdiff_t>(most, keys.end() - first);
  kv::Page page;
  page.keys.assign(std::make_move_iterator(first), std::make_move_iterator(first + size));
  if (first + size == keys.end()) return page;
  if (skip != nullptr) {
    page.next = kv::Place(kv::Skip{skip->value + static_cast<std::uint64_t>(size)});
  } else {
    page.next = kv::Place(kv::After{page.keys.back()});
  }
  return page;
}

template <class T>
void refuse(kv::Answer<T> answer, Result<> why) {
  std::move(answer)(std::unexpected(std::move(why).error()));
}

constexpr auto k_as_it_is = [](const auto& value) { return value; };

}  // namespace

Face::Face(const Checked& settings, Calls& calls, const net::vault::Client::Surroundings& around,
           Log& log)
    : layout_(settings.layout),
      calls_(calls),
      store_(settings, around, log),
      holder_(
          calls, around.executor, [this] { store_.drop_unwanted(); },
          settings.client.answer_limit) {}

Result<> Face::closing() const {
  return fail(Errc::unavailable, store_.where() + ": the provider is being closed");
}

template <class T, class Apply, class Convert>
void Face::ask(Item item, Op::Kind kind, Answer<T> answer, Apply apply, Convert convert) {
  Calls::Token token(calls_);
  if (calls_.closed()) return refuse(std::move(answer), closing());
  auto path = secret_path(layout_, item);
  if (!path) return std::move(answer)(std::unexpected(std::move(path).error()));
  using Made = AnswerOp<T, Apply, Convert>;
  typename Made::Parts parts{.kind = kind, .deadline = store_.latest(answer.context().deadline)};
  store_.add(*path, std::make_unique<Made>(parts, std::move(answer), std::move(apply),
                                           std::move(convert), std::move(token)));
}

template <class T, class Apply>
void Face::ask(Item item, Op::Kind kind, Answer<T> answer, Apply apply) {
  ask(item, kind, std::move(answer), std::move(apply), k_as_it_is);
}

void Face::get(Item item, Answer<std::optional<Bytes>> answer) {
  if (auto allowed = check(item); !allowed) return refuse(std::move(answer), std::move(allowed));
  ask(
      item, Op::Kind::read, std::move(answer),
      [item, layout = layout_](Secret& secret) { return value_of(secret, layout, item.key); },
      [](const std::optional<std::string>& value) -> std::optional<Bytes> {
        if (!value) return std::nullopt;
        return std::as_bytes(std::span(*value));
      });
}

void Face::exists(Item item, Answer<bool> answer) {
  if (auto allowed = check(item); !allowed) return refuse(std::move(answer), std::move(allowed));
  ask(item, Op::Kind::read, std::move(answer),
      [item, layout = layout_](Secret& secret) -> Result<bool> {
        if (layout == Layout::secret_per_key) return !secret.fields.empty();
        return secret.fields.contains(item.key);
      });
}

void Face::set(Item item, Bytes value, Answer<void> answer) {
  if (auto allowed = check(item, value); !allowed)
    return refuse(std::move(answer), std::move(allowed));
  ask(item, Op::Kind::overwrite, std::move(answer),
      [item, value, layout = layout_](Secret& secret) -> Result<Done> {
        put_value(secret, layout, item.key, text_of(value));
        return Done{};
      });
}

void Face::erase(Item item, Answer<void> answer) {
  if (auto allowed = check(item); !allowed) return refuse(std::move(answer), std::move(allowed));
  ask(item, Op::Kind::erase, std::move(answer), [item](Secret& secret) -> Result<Done> {
    erase_value(secret, item.key);
    return Done{};
  });
}

void Face::increment(Item item, std::int64_t delta, Answer<std::int64_t> answer) {
  if (auto allowed = check(item); !allowed) return refuse(std::move(answer), std::move(allowed));
  ask(item, Op::Kind::edit, std::move(answer),
      [item, delta, layout = layout_](Secret& secret) -> Result<std::int64_t> {
        TRY(const auto before, value_of(secret, layout, item.key));
        TRY(const auto old, number(before));
        std::int64_t sum = 0;
        if (__builtin_add_overflow(old, delta, &sum))
          return fail(Errc::invalid, "the sum does not fit in 64 bits");
        put_value(secret, layout, item.key, std::to_string(sum));
        return sum;
      });
}

void Face::get_many(std::string_view bucket, std::vector<std::string_view> keys,
                    Answer<kv::Found> answer) {
  if (auto allowed = kv::check_keys(bucket, keys); !allowed)
    return refuse(std::move(answer), std::move(allowed));
  if (layout_ == Layout::secret_per_key) {
    Calls::Token token(calls_);
    if (calls_.closed()) return refuse(std::move(answer), closing());
    return gather(store_, std::move(token), bucket, std::move(keys), std::move(answer));
  }
  ask({bucket, ""}, Op::Kind::read, std::move(answer),
      [keys = std::move(keys)](Secret& secret) -> Result<kv::Found> {
        kv::Found found;
        std::size_t bytes = 0;
        for (const auto key : keys) {
          TRY(const auto value, value_of(secret, Layout::secret_per_bucket, key));
          if (value) bytes += value->size();
          TRY_OK(kv::check_found(bytes));
          if (value) {
            found.emplace_back(std::tuple(std::string(key), owned(*value)));
          } else {
            found.emplace_back();
          }
        }
        return found;
      });
}

void Face::set_many(std::string_view bucket, std::vector<kv::Pair> pairs, Answer<void> answer) {
  if (layout_ == Layout::secret_per_key) return std::move(answer).unsupported(k_many_secrets);
  if (auto allowed = kv::check_pairs(bucket, pairs); !allowed)
    return refuse(std::move(answer), std::move(allowed));
  if (pairs.empty()) return std::move(answer)({});
  ask({bucket, ""}, Op::Kind::edit, std::move(answer),
      [pairs = std::move(pairs)](Secret& secret) -> Result<Done> {
        for (const auto& [key, value] : pairs)
          put_value(secret, Layout::secret_per_bucket, key, text_of(value));
        return Done{};
      });
}

void Face::erase_many(std::string_view bucket, std::vector<std::string_view> keys,
                      Answer<void> answer) {
  if (layout_ == Layout::secret_per_key) return std::move(answer).unsupported(k_many_secrets);
  if (auto allowed = kv::check_keys(bucket, keys); !allowed)
    return refuse(std::move(answer), std::move(allowed));
  if (keys.empty()) return std::move(answer)({});
  ask({bucket, ""}, Op::Kind::edit, std::move(answer),
      [keys = std::move(keys)](Secret& secret) -> Result<Done> {
        for (const auto key : keys) erase_value(secret, key);
        return Done{};
      });
}

void Face::get_with_version(Item item, Answer<kv::Snapshot> answer) {
  if (auto allowed = check(item); !allowed) return refuse(std::move(answer), std::move(allowed));
  ask(item, Op::Kind::read, std::move(answer),
      [item, layout = layout_](Secret& secret) { return snapshot(secret, layout, item); });
}

void Face::compare_and_swap(Item item, std::string_view version, Bytes value,
                            Answer<kv::Outcome> answer) {
  if (auto allowed = check(item, value); !allowed)
    return refuse(std::move(answer), std::move(allowed));
  ask(item, Op::Kind::swap, std::move(answer),
      [item, version, value, layout = layout_](Secret& secret) -> Result<kv::Outcome> {
        if (secret.mark() == version) {
          put_value(secret, layout, item.key, text_of(value));
          return kv::Swapped{};
        }
        TRY(auto now, snapshot(secret, layout, item));
        return kv::Changed{std::move(now)};
      });
}

void Face::list_keys(std::string_view bucket, kv::Place from, std::uint32_t limit,
                     Answer<kv::Page> answer) {
  if (auto allowed = kv::check_bucket(bucket); !allowed)
    return refuse(std::move(answer), std::move(allowed));
  if (layout_ == Layout::secret_per_bucket) {
    return ask({bucket, ""}, Op::Kind::read, std::move(answer),
               [from = std::move(from), limit](Secret& secret) {
                 std::vector<std::string> keys;
                 keys.reserve(secret.fields.size());
                 for (const auto& [key, field] : secret.fields) keys.push_back(key);
                 return page_of(std::move(keys), from, limit);
               });
  }
  Calls::Token token(calls_);
  if (calls_.closed()) return refuse(std::move(answer), closing());
  struct Listing {
    Calls::Token token;  // ends last
    Answer<kv::Page> answer;
  };
  auto call = std::make_shared<Listing>(Listing{std::move(token), std::move(answer)});
  const auto deadline = call->answer.context().deadline;
  store_.list(
      folder_of(bucket), deadline, [call] { return call->answer.wanted(); },
      [call, from = std::move(from), limit](Result<std::vector<std::string>> names) {
        if (!names) return std::move(call->answer)(std::unexpected(std::move(names).error()));
        std::vector<std::string> keys;
        for (const auto& name : *names) {
          if (auto key = name_of(name)) keys.push_back(*std::move(key));
        }
        std::move(call->answer)(page_of(std::move(keys), from, limit));
      });
}

}  // namespace weft::providers::keyvalue_vault
