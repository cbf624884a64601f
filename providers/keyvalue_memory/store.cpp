#include "providers/keyvalue_memory/store.h"

#include <fmt/format.h>

#include <charconv>
#include <iterator>
#include <optional>
#include <utility>

#include "base/bytes.h"

namespace weft::providers::keyvalue_memory {

namespace kv = contracts::keyvalue;

namespace {

// What keeping a key takes beside its bytes, roughly.
constexpr std::size_t k_entry_bytes = 160;

std::size_t cost(std::string_view key, std::size_t value) {
  return k_entry_bytes + key.size() + value;
}

Store::Value shared(kv::Bytes value) {
  return std::make_shared<const kv::OwnedBytes>(value.begin(), value.end());
}

Store::Value decimal(std::int64_t number) {
  const auto text = std::to_string(number);
  return shared(std::as_bytes(std::span(text)));
}

std::optional<std::int64_t> number(const Store::Value& value) {
  const auto text = text_of(*value);
  std::int64_t made = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), made);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return made;
}

}  // namespace

const Store::Seen* Store::find(Item item) const {
  const auto bucket = buckets_.find(item.bucket);
  if (bucket == buckets_.end()) return nullptr;
  const auto entry = bucket->second.find(item.key);
  return entry == bucket->second.end() ? nullptr : &entry->second;
}

Result<> Store::put(Item item, Value value) {
  const auto* old = find(item);
  const auto before = old == nullptr ? 0 : cost(item.key, old->value->size());
  const auto after = bytes_ - before + cost(item.key, value->size());
  if (after > most_ && after > bytes_) {
    return fail(Errc::exhausted,
                fmt::format("the store is full: {} of `max_bytes` {} are used", bytes_, most_));
  }
  auto bucket = buckets_.find(item.bucket);
  if (bucket == buckets_.end()) bucket = buckets_.emplace(item.bucket, Bucket()).first;
  auto entry = bucket->second.find(item.key);
  if (entry == bucket->second.end()) entry = bucket->second.emplace(item.key, Seen()).first;
  entry->second = {std::move(value), ++version_};
  bytes_ = after;
  return {};
}

void Store::drop(std::string_view bucket, std::string_view key) {
  const auto place = buckets_.find(bucket);
  if (place == buckets_.end()) return;
  const auto entry = place->second.find(key);
  if (entry == place->second.end()) return;
  bytes_ -= cost(key, entry->second.value->size());
  place->second.erase(entry);
  if (place->second.empty()) buckets_.erase(place);
}

Store::Seen Store::look(Item item) const {
  const std::lock_guard lock(mutex_);
  const auto* seen = find(item);
  return seen == nullptr ? Seen() : *seen;
}

Result<> Store::set(Item item, Bytes value) {
  auto made = shared(value);
  const std::lock_guard lock(mutex_);
  return put(item, std::move(made));
}

void Store::erase(Item item) {
  const std::lock_guard lock(mutex_);
  drop(item.bucket, item.key);
}

Result<std::int64_t> Store::increment(Item item, std::int64_t delta) {
  const std::lock_guard lock(mutex_);
  const auto* seen = find(item);
  const auto old = seen == nullptr ? std::optional<std::int64_t>(0) : number(seen->value);
  if (!old) return fail(Errc::invalid, "the value is no decimal number");
  std::int64_t sum = 0;
  if (__builtin_add_overflow(*old, delta, &sum))
    return fail(Errc::invalid, "the sum does not fit in 64 bits");
  TRY_OK(put(item, decimal(sum)));
  return sum;
}

Result<> Store::set_many(std::string_view bucket, std::span<const kv::Pair> pairs) {
  std::vector<Value> values;
  std::size_t most = 0;
  for (const auto& [key, value] : pairs) {
    values.push_back(shared(value));
    most += cost(key, value.size());
  }
  const std::lock_guard lock(mutex_);
  // As if none of the keys were there: so no step can fail later.
  if (most > most_ || bytes_ > most_ - most) {
    return fail(Errc::exhausted, fmt::format("the store is full: {} of `max_bytes` {} are used, {} "
                                             "more may be needed",
                                             bytes_, most_, most));
  }
  for (std::size_t i = 0; i < pairs.size(); ++i)
    TRY_OK(put({bucket, pairs[i].key}, std::move(values[i])));
  return {};
}

void Store::erase_many(std::string_view bucket, std::span<const std::string_view> keys) {
  const std::lock_guard lock(mutex_);
  for (const auto key : keys) drop(bucket, key);
}

std::vector<Store::Value> Store::look_many(std::string_view bucket,
                                           std::span<const std::string_view> keys) const {
  std::vector<Value> found;
  found.reserve(keys.size());
  const std::lock_guard lock(mutex_);
  for (const auto key : keys) {
    const auto* seen = find({bucket, key});
    found.push_back(seen == nullptr ? nullptr : seen->value);
  }
  return found;
}

Result<Store::Swap> Store::swap(Item item, std::uint64_t version, Bytes value) {
  auto made = shared(value);
  const std::lock_guard lock(mutex_);
  const auto* seen = find(item);
  const Seen now = seen == nullptr ? Seen() : *seen;
  if (now.version != version) return Swap{.done = false, .now = now};
  TRY_OK(put(item, std::move(made)));
  return Swap{.done = true, .now = {}};
}

Result<kv::Page> Store::list(std::string_view bucket, const kv::Place& from,
                             std::size_t limit) const {
  const std::lock_guard lock(mutex_);
  kv::Page page;
  const auto place = buckets_.find(bucket);
  if (place == buckets_.end()) return page;
  const auto& keys = place->second;
  const auto* skip = std::get_if<kv::Skip>(&from);
  const auto* after = std::get_if<kv::After>(&from);
  auto at = after == nullptr ? keys.begin() : keys.upper_bound(after->value);
  if (skip != nullptr) {
    if (skip->value >= keys.size()) return page;
    std::advance(at, static_cast<std::ptrdiff_t>(skip->value));
  }
  for (; at != keys.end() && page.keys.size() < limit; ++at) page.keys.push_back(at->first);
  if (at == keys.end()) return page;
  if (skip != nullptr) {
    page.next = kv::Skip{skip->value + page.keys.size()};
  } else {
    page.next = kv::After{page.keys.back()};
  }
  return page;
}

std::size_t Store::bytes() const {
  const std::lock_guard lock(mutex_);
  return bytes_;
}

}  // namespace weft::providers::keyvalue_memory
