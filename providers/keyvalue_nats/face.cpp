#include "providers/keyvalue_nats/face.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <string>
#include <utility>

#include "base/bytes.h"
#include "contracts/keyvalue/capabilities.h"
#include "providers/keyvalue_nats/listing.h"

namespace weft::providers::keyvalue_nats {

namespace kv = contracts::keyvalue;

namespace {

// Of one get-many, how many keys are asked for at a time, and how many bytes may come at a time: a
// server breaks with a client for which too much waits.
constexpr std::size_t k_window = 64;
constexpr std::size_t k_window_bytes = std::size_t{8} << 20;

kv::OwnedBytes owned_bytes(std::string_view text) {
  const auto bytes = std::as_bytes(std::span(text));
  return {bytes.begin(), bytes.end()};
}

kv::Snapshot snapshot_of(kv::Item item, const Entry& entry) {
  kv::Snapshot made{.bucket = std::string(item.bucket),
                    .key = std::string(item.key),
                    .version = std::to_string(entry.revision),
                    .value = std::nullopt};
  if (entry.value) made.value = owned_bytes(*entry.value);
  return made;
}

// One get-many under way.
struct ManyKeys {
  Bucket& store;
  std::string bucket;
  std::vector<std::string_view> keys;  // as long as the answer
  AskedPtr<kv::Found> asked;
  kv::Found found;
  std::size_t next = 0;
  std::size_t answered = 0;
  std::size_t bytes = 0;    // of all values
  std::size_t largest = 0;  // of one
};

void ask_for_more(const std::shared_ptr<ManyKeys>& many);

void on_value(const std::shared_ptr<ManyKeys>& many, std::size_t index, Result<Entry> entry) {
  auto& now = *many;
  if (!now.asked->wanted()) return;
  if (!entry) return now.asked->fail(std::move(entry).error());
  ++now.answered;
  if (const auto& value = entry->value) {
    now.bytes += value->size();
    now.largest = std::max(now.largest, value->size());
    if (auto few = kv::check_found(now.bytes); !few) return now.asked->fail(std::move(few).error());
    now.found[index].emplace(std::string(now.keys[index]), owned_bytes(*value));
  }
  if (now.answered == now.keys.size()) return now.asked->answer(std::move(now.found));
  ask_for_more(many);
}

// Twice as many at a time as were answered so far, within the bounds.
void ask_for_more(const std::shared_ptr<ManyKeys>& many) {
  auto& now = *many;
  const auto by_size =
      std::max<std::size_t>(k_window_bytes / std::max<std::size_t>(now.largest, 1), 1);
  const auto most = std::min({k_window, by_size, 1 + now.answered});
  while (now.asked->wanted() && now.next < now.keys.size() && now.next - now.answered < most) {
    const auto index = now.next++;
    now.store.read(name_of(now.bucket, now.keys[index]).text, now.asked,
                   [many, index](Result<Entry> entry) { on_value(many, index, std::move(entry)); });
  }
}

}  // namespace

Face::Face(const Checked& checked, contracts::Calls& calls,
           const net::nats::Client::Surroundings& around)
    : calls_(calls),
      bucket_(checked, around),
      holder_(
          calls, around.executor, [this] { bucket_.client().forget_unwanted(); },
          checked.client.answer_limit) {}

template <class T>
AskedPtr<T> Face::admit(Answer<T> answer, Result<> allowed) {
  auto asked = std::make_shared<Asked<T>>(std::move(answer), calls_);
  if (allowed && calls_.closed()) {
    allowed =
        fail(Errc::unavailable, fmt::format("{}: the provider is being closed", bucket_.where()));
  }
  if (allowed) return asked;
  asked->fail(std::move(allowed).error());
  return nullptr;
}

void Face::get(Item item, Answer<std::optional<Bytes>> answer) {
  const auto asked = admit(std::move(answer), kv::check(item));
  if (!asked) return;
  bucket_.read(name_of(item.bucket, item.key).text, asked, [asked](Result<Entry> entry) {
    if (!entry) return asked->fail(std::move(entry).error());
    if (!entry->value) return asked->answer(std::optional<Bytes>());
    asked->answer(std::optional<Bytes>(std::as_bytes(std::span(*entry->value))));
  });
}

void Face::exists(Item item, Answer<bool> answer) {
  const auto asked = admit(std::move(answer), kv::check(item));
  if (!asked) return;
  bucket_.read(name_of(item.bucket, item.key).text, asked, [asked](Result<Entry> entry) {
    if (!entry) return asked->fail(std::move(entry).error());
    asked->answer(entry->value.has_value());
  });
}

void Face::write(Operation operation, Item item, std::string_view value,
                 const AskedPtr<void>& asked) {
  bucket_.write(operation, name_of(item.bucket, item.key), value, {}, asked,
                [asked](Result<std::optional<std::uint64_t>> written) {
                  if (!written) return asked->fail(std::move(written).error());
                  asked->answer({});
                });
}

void Face::set(Item item, Bytes value, Answer<void> answer) {
  if (const auto asked = admit(std::move(answer), kv::check(item, value)))
    write(Operation::put, item, text_of(value), asked);
}

void Face::erase(Item item, Answer<void> answer) {
  if (const auto asked = admit(std::move(answer), kv::check(item)))
    write(Operation::erase, item, {}, asked);
}

void Face::list_keys(std::string_view bucket, kv::Place from, std::uint32_t limit,
                     Answer<kv::Page> answer) {
  if (const auto asked = admit(std::move(answer), kv::check_bucket(bucket)))
    keyvalue_nats::list_keys(bucket_, bucket, from, limit, asked);
}

void Face::increment(Item item, std::int64_t delta, Answer<std::int64_t> answer) {
  if (auto asked = admit(std::move(answer), kv::check(item)))
    counters_.add(name_of(item.bucket, item.key), delta, std::move(asked));
}

void Face::get_many(std::string_view bucket, std::vector<std::string_view> keys,
                    Answer<kv::Found> answer) {
  const auto asked = admit(std::move(answer), kv::check_keys(bucket, keys));
  if (!asked) return;
  if (keys.empty()) return asked->answer(kv::Found());
  const auto count = keys.size();
  const auto many = std::make_shared<ManyKeys>(
      ManyKeys{bucket_, std::string(bucket), std::move(keys), asked, kv::Found(count)});
  ask_for_more(many);
}

void Face::get_with_version(Item item, Answer<kv::Snapshot> answer) {
  const auto asked = admit(std::move(answer), kv::check(item));
  if (!asked) return;
  bucket_.read(name_of(item.bucket, item.key).text, asked, [asked, item](Result<Entry> entry) {
    if (!entry) return asked->fail(std::move(entry).error());
    asked->answer(snapshot_of(item, *entry));
  });
}

void Face::compare_and_swap(Item item, std::string_view version, Bytes value,
                            Answer<kv::Outcome> answer) {
  const auto asked = admit(std::move(answer), kv::check(item, value));
  if (!asked) return;
  std::uint64_t revision = 0;
  const auto [end, error] =
      std::from_chars(version.data(), version.data() + version.size(), revision);
  // A version of another store is one that the key does not have.
  if (error != std::errc() || end != version.data() + version.size())
    return show_what_changed(item, asked);
  bucket_.write(Operation::put, name_of(item.bucket, item.key), text_of(value),
                {.revision = revision}, asked,
                [this, asked, item](Result<std::optional<std::uint64_t>> written) {
                  if (!written) return asked->fail(std::move(written).error());
                  if (!*written) return show_what_changed(item, asked);
                  asked->answer(kv::Outcome(kv::Swapped{}));
                });
}

void Face::show_what_changed(Item item, const AskedPtr<kv::Outcome>& asked) {
  bucket_.read(name_of(item.bucket, item.key).text, asked, [asked, item](Result<Entry> entry) {
    if (!entry) return asked->fail(std::move(entry).error());
    asked->answer(kv::Outcome(kv::Changed{snapshot_of(item, *entry)}));
  });
}

}  // namespace weft::providers::keyvalue_nats
