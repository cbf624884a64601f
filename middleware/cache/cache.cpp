// Key-value in front of key-value. README.md says what a reader may see.
#include <charconv>
#include <exports/weft/keyvalue/store.hpp>
#include <utility>
#include <wasi/config/store.hpp>
#include <weft/keyvalue/store.hpp>

#include "near.hpp"

namespace origin = weft::keyvalue::store;
using namespace exports::weft::keyvalue::store;

namespace {

// ---- the values of the import as those of the export: the same WIT, two sets of types ----

template <class To, class From, std::size_t... i>
To case_by_case(From& from, std::index_sequence<i...>) {
  std::optional<To> made;
  auto const take = [&]<std::size_t n>() {
    using to = std::variant_alternative_t<n, typename To::variant>;
    if constexpr (requires { to::value; }) {
      made.emplace(to{std::move(std::get<n>(from).value)});
    } else {
      made.emplace(to{});
    }
  };
  (void)((from.index() == i && (take.template operator()<i>(), true)) || ...);
  return *std::move(made);
}
template <class To, class From>
To same_case(From from) {
  return case_by_case<To>(from,
                          std::make_index_sequence<std::variant_size_v<typename To::variant>>());
}

template <class T>
T same(T value) {
  return value;
}
page same(origin::page from) {
  page made{.keys = std::move(from.keys), .next = std::nullopt};
  if (from.next) made.next = same_case<place>(*std::move(from.next));
  return made;
}
snapshot same(origin::snapshot from) {
  return {std::move(from.bucket), std::move(from.key), std::move(from.version),
          std::move(from.value)};
}
outcome same(origin::outcome from) {
  if (auto* changed = std::get_if<origin::outcome::changed>(&from))
    return outcome::changed{same(std::move(changed->value))};
  return outcome::swapped{};
}

// What the store behind answered.
template <class T>
auto answered(std::expected<T, origin::error> from) {
  if constexpr (std::is_void_v<T>) {
    using result = std::expected<void, error>;
    return from ? result() : result(std::unexpected(same_case<error>(std::move(from).error())));
  } else {
    using result = std::expected<decltype(same(*std::move(from))), error>;
    return from ? result(same(*std::move(from)))
                : result(std::unexpected(same_case<error>(std::move(from).error())));
  }
}

// ---- settings: of the link that leads here, else of the component ----

std::expected<std::int64_t, error> setting(std::string_view key, std::int64_t otherwise) {
  auto const found = wasi::config::store::get(key);
  if (!found || !*found) return otherwise;
  auto const& text = **found;
  std::int64_t number = -1;
  auto const [end, failed] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (failed == std::errc() && end == text.data() + text.size() && number >= 0) return number;
  return std::unexpected(
      error::other{"cache: `" + std::string(key) + ": " + text + "` is no number"});
}

constexpr std::int64_t usual_ttl_ms = 5000;
constexpr std::int64_t longest_ttl_ms = 24 * 3600 * 1000;
constexpr std::int64_t usual_value_bytes = 65536;

std::vector<std::string_view> views(std::vector<std::string> const& keys) {
  return {keys.begin(), keys.end()};
}

// Whatever becomes of a write, nobody finds afterwards what was seen before. `keys`: one, or a span
// of them.
template <class Keys, class Write>
auto written(std::string const& bucket, Keys const& keys, Write const& write) {
  near const kept(bucket);
  kept.forget(keys);
  auto result = answered(write());
  kept.forget(keys);
  return result;
}

}  // namespace

struct cache {
  static std::expected<seen, error> get(std::string bucket, std::string key) {
    near const kept(bucket);
    if (auto found = kept.find(key)) return *std::move(found);
    auto const ttl = setting("ttl_ms", usual_ttl_ms);
    if (!ttl) return std::unexpected(ttl.error());
    auto const largest = setting("max_value_bytes", usual_value_bytes);
    if (!largest) return std::unexpected(largest.error());
    auto since = kept.begin(key);
    auto value = origin::get(bucket, key);
    if (value && (!*value || std::int64_t((*value)->size()) <= *largest))
      kept.keep(key, std::move(since), *value,
                std::chrono::milliseconds(std::min(*ttl, longest_ttl_ms)));
    return answered(std::move(value));
  }

  static std::expected<bool, error> exists(std::string bucket, std::string key) {
    if (auto const found = near(bucket).find(key)) return found->has_value();
    return answered(origin::exists(bucket, key));
  }

  static std::expected<void, error> set(std::string bucket, std::string key, bytes value) {
    return written(bucket, key, [&] { return origin::set(bucket, key, value); });
  }
  static std::expected<void, error> delete_(std::string bucket, std::string key) {
    return written(bucket, key, [&] { return origin::delete_(bucket, key); });
  }
  static std::expected<std::int64_t, error> increment(std::string bucket, std::string key,
                                                      std::int64_t delta) {
    return written(bucket, key, [&] { return origin::increment(bucket, key, delta); });
  }
  static std::expected<outcome, error> compare_and_swap(std::string bucket, std::string key,
                                                        std::string version, bytes value) {
    return written(bucket, key,
                   [&] { return origin::compare_and_swap(bucket, key, version, value); });
  }
  static std::expected<void, error> set_many(std::string bucket,
                                             std::vector<std::tuple<std::string, bytes>> pairs) {
    std::vector<std::string_view> keys;
    std::vector<std::tuple<std::string_view, std::span<std::uint8_t const>>> lent;
    for (auto const& [key, value] : pairs) {
      keys.push_back(key);
      lent.emplace_back(key, value);
    }
    return written(bucket, std::span<std::string_view const>(keys),
                   [&] { return origin::set_many(bucket, lent); });
  }
  static std::expected<void, error> delete_many(std::string bucket, std::vector<std::string> keys) {
    auto const lent = views(keys);
    return written(bucket, std::span(lent), [&] { return origin::delete_many(bucket, lent); });
  }

  // What only the store behind knows.

  static std::expected<page, error> list_keys(std::string bucket, place from, std::uint32_t limit) {
    return answered(origin::list_keys(bucket, same_case<origin::place>(std::move(from)), limit));
  }
  static std::expected<std::vector<std::optional<std::tuple<std::string, bytes>>>, error> get_many(
      std::string bucket, std::vector<std::string> keys) {
    return answered(origin::get_many(bucket, views(keys)));
  }
  static std::expected<snapshot, error> get_with_version(std::string bucket, std::string key) {
    return answered(origin::get_with_version(bucket, key));
  }
};

EXPORT_WEFT_KEYVALUE_STORE(cache)
