#include "near.hpp"

#include <algorithm>
#include <cstring>
#include <tuple>
#include <wasi/keyvalue/batch.hpp>

using namespace wasi::keyvalue;

namespace {

// Behind the bytes of a value stand 8 bytes, until when it counts, and one, whether there is a
// value. An entry that is shorter is the mark of a write: it means nothing, but has a version of
// its own.
constexpr std::size_t stamp_bytes = 9;
constexpr std::size_t room = 64;  // keys that go when the store is full

// The same clock for all instances on a host.
std::int64_t now() {
  return std::chrono::steady_clock::now().time_since_epoch() / std::chrono::nanoseconds(1);
}

bytes entry(seen const& value, std::int64_t until) {
  bytes made;
  auto const size = value ? value->size() : 0;
  made.reserve(size + stamp_bytes);
  if (value) made = *value;
  made.resize(size + stamp_bytes);
  std::memcpy(made.data() + size, &until, sizeof(until));
  made.back() = value.has_value();
  return made;
}

}  // namespace

near::near(std::string const& bucket) {
  if (bucket.empty()) return;  // the public form would open "default"
  if (auto opened = store::open(bucket)) bucket_ = std::move(*opened);
}

std::optional<seen> near::find(std::string_view key) const {
  if (!bucket_) return std::nullopt;
  auto kept = bucket_->get(key);
  if (!kept || !*kept || (*kept)->size() < stamp_bytes) return std::nullopt;
  auto& value = **kept;
  std::int64_t until = 0;
  std::memcpy(&until, value.data() + value.size() - stamp_bytes, sizeof(until));
  if (now() >= until) return std::nullopt;
  if (value.back() == 0) return seen();
  value.resize(value.size() - stamp_bytes);
  return std::move(value);
}

near::moment near::begin(std::string_view key) const {
  if (!bucket_) return std::nullopt;
  auto made = atomics::cas::make(*bucket_, key);
  return made ? moment(std::move(*made)) : std::nullopt;
}

void near::keep(std::string_view key, moment since, seen const& value,
                std::chrono::milliseconds ttl) const {
  if (!since) return;
  auto const until = now() + std::chrono::nanoseconds(ttl).count();
  auto const kept = atomics::swap(std::move(*since), entry(value, until));
  if (!kept && std::holds_alternative<atomics::cas_error::store_error>(kept.error()))
    make_room(key);
}

void near::forget(std::string_view key) const {
  if (!bucket_) return;
  if (!bucket_->set(key, {})) (void)bucket_->delete_(key);
}

void near::forget(std::span<std::string_view const> keys) const {
  if (!bucket_) return;
  std::vector<std::tuple<std::string_view, std::span<std::uint8_t const>>> marks;
  for (auto key : keys) marks.emplace_back(key, std::span<std::uint8_t const>());
  if (!batch::set_many(*bucket_, marks)) (void)batch::delete_many(*bucket_, keys);
}

// Some keys, as good as any: those that follow.
void near::make_room(std::string_view key) const {
  auto page = bucket_->list_keys(key);
  if (page && page->keys.empty()) page = bucket_->list_keys(std::nullopt);
  if (!page) return;
  auto const count = std::min(room, page->keys.size());
  std::vector<std::string_view> gone(page->keys.begin(),
                                     page->keys.begin() + std::ptrdiff_t(count));
  (void)batch::delete_many(*bucket_, gone);
}
