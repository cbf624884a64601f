#include "providers/keyvalue_memory/keyvalue_memory.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <charconv>
#include <memory>
#include <utility>

#include "contracts/keyvalue/capabilities.h"
#include "contracts/keyvalue/keyvalue.h"
#include "providers/keyvalue_memory/store.h"

namespace weft::providers::keyvalue_memory {
namespace {

namespace kv = contracts::keyvalue;
using contracts::ConfigKey;

// What the provider and its endpoints share.
struct Shared {
  Store store;
  const Clock& clock;
  std::atomic<bool> closed{false};
};

// The contract on the store; every call is answered before its method returns.
class Face final : public kv::KeyValue {
 public:
  explicit Face(Shared& shared) : shared_(shared), store_(shared.store) {}

  void get(kv::Item item, kv::Answer<std::optional<kv::Bytes>> answer) override {
    if (auto ready = check(answer, kv::check(item)); !ready) return refuse(answer, ready);
    const auto seen = store_.look(item);
    if (!seen.value) return std::move(answer)(std::nullopt);
    std::move(answer)(kv::Bytes(*seen.value));
  }
  void exists(kv::Item item, kv::Answer<bool> answer) override {
    if (auto ready = check(answer, kv::check(item)); !ready) return refuse(answer, ready);
    std::move(answer)(store_.look(item).value != nullptr);
  }
  void set(kv::Item item, kv::Bytes value, kv::Answer<void> answer) override {
    if (auto ready = check(answer, kv::check(item, value)); !ready) return refuse(answer, ready);
    std::move(answer)(store_.set(item, value));
  }
  void erase(kv::Item item, kv::Answer<void> answer) override {
    if (auto ready = check(answer, kv::check(item)); !ready) return refuse(answer, ready);
    store_.erase(item);
    std::move(answer)({});
  }
  void increment(kv::Item item, std::int64_t delta, kv::Answer<std::int64_t> answer) override {
    if (auto ready = check(answer, kv::check(item)); !ready) return refuse(answer, ready);
    std::move(answer)(store_.increment(item, delta));
  }
  void list_keys(std::string_view bucket, kv::Place from, std::uint32_t limit,
                 kv::Answer<kv::Page> answer) override {
    if (auto ready = check(answer, kv::check_bucket(bucket)); !ready) return refuse(answer, ready);
    const auto most = limit == 0 ? kv::k_page_keys : std::min(limit, kv::k_page_keys);
    std::move(answer)(store_.list(bucket, from, most));
  }
  void get_many(std::string_view bucket, std::vector<std::string_view> keys,
                kv::Answer<kv::Found> answer) override {
    if (auto ready = check(answer, kv::check_keys(bucket, keys)); !ready)
      return refuse(answer, ready);
    const auto values = store_.look_many(bucket, keys);
    std::size_t bytes = 0;
    for (const auto& value : values) bytes += value ? value->size() : 0;
    if (auto allowed = kv::check_found(bytes); !allowed) return refuse(answer, allowed);
    kv::Found found(keys.size());
    for (std::size_t i = 0; i < keys.size(); ++i) {
      if (values[i]) found[i].emplace(std::string(keys[i]), *values[i]);
    }
    std::move(answer)(std::move(found));
  }
  void set_many(std::string_view bucket, std::vector<kv::Pair> pairs,
                kv::Answer<void> answer) override {
    if (auto ready = check(answer, kv::check_pairs(bucket, pairs)); !ready)
      return refuse(answer, ready);
    std::move(answer)(store_.set_many(bucket, pairs));
  }
  void erase_many(std::string_view bucket, std::vector<std::string_view> keys,
                  kv::Answer<void> answer) override {
    if (auto ready = check(answer, kv::check_keys(bucket, keys)); !ready)
      return refuse(answer, ready);
    store_.erase_many(bucket, keys);
    std::move(answer)({});
  }
  void get_with_version(kv::Item item, kv::Answer<kv::Snapshot> answer) override {
    if (auto ready = check(answer, kv::check(item)); !ready) return refuse(answer, ready);
    std::move(answer)(snapshot(item, store_.look(item)));
  }
  void compare_and_swap(kv::Item item, std::string_view version, kv::Bytes value,
                        kv::Answer<kv::Outcome> answer) override {
    if (auto ready = check(answer, kv::check(item, value)); !ready) return refuse(answer, ready);
    std::uint64_t number = 0;
    const auto [end, error] =
        std::from_chars(version.data(), version.data() + version.size(), number);
    // A version of another store is none of this one's states.
    if (error != std::errc() || end != version.data() + version.size())
      return std::move(answer)(kv::Changed{snapshot(item, store_.look(item))});
    auto swap = store_.swap(item, number, value);
    if (!swap) return std::move(answer)(std::unexpected(std::move(swap).error()));
    if (swap->done) return std::move(answer)(kv::Swapped{});
    std::move(answer)(kv::Changed{snapshot(item, swap->now)});
  }

 private:
  template <class T>
  Result<> check(const kv::Answer<T>& answer, Result<> allowed) const {
    if (shared_.closed.load())
      return fail(Errc::unavailable, "the key-value provider is being closed");
    if (answer.context().deadline <= shared_.clock.now())
      return fail(Errc::timed_out, "the deadline had passed already");
    return allowed;
  }
  template <class T>
  static void refuse(kv::Answer<T>& answer, Result<>& why) {
    std::move(answer)(std::unexpected(std::move(why).error()));
  }
  static kv::Snapshot snapshot(kv::Item item, const Store::Seen& seen) {
    return {.bucket = std::string(item.bucket),
            .key = std::string(item.key),
            .version = std::to_string(seen.version),
            .value = seen.value ? std::optional(*seen.value) : std::nullopt};
  }

  Shared& shared_;
  Store& store_;
};

class MemoryEndpoint final : public contracts::Endpoint {
 public:
  explicit MemoryEndpoint(Shared& shared) : face_(shared) {}
  contracts::Pending invoke(contracts::Invocation invocation,
                            contracts::Replier& replier) override {
    return invoker_.invoke(std::move(invocation), replier);
  }
  std::size_t in_flight() const override { return invoker_.in_flight(); }

 private:
  Face face_;
  kv::KeyValueInvoker invoker_{face_};
};

class MemoryProvider final : public contracts::Provider {
 public:
  MemoryProvider(std::size_t bytes, const Clock& clock) : shared_{Store(bytes), clock} {}
  Result<std::unique_ptr<contracts::Endpoint>> open(
      boost::asio::io_context::executor_type /*executor*/,
      const contracts::Settings& /*settings*/) override {
    return std::make_unique<MemoryEndpoint>(shared_);
  }
  // Every call is answered before it returns: none is under way.
  void close() override { shared_.closed.store(true); }

 private:
  Shared shared_;
};

constexpr std::size_t k_most_bytes = std::size_t{256} << 20;
constexpr std::array k_keys = {ConfigKey{
    "max_bytes", contracts::KeyPlace::provider, contracts::KeySupport::taken,
    "bytes of all keys and values together; a write beyond is an error", "268435456", ""}};

Result<std::unique_ptr<contracts::Provider>> start(const contracts::ProviderStart& start) {
  std::size_t bytes = k_most_bytes;
  if (const auto found = start.config.find("max_bytes"); found != start.config.end()) {
    const auto& text = found->second;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), bytes);
    if (error != std::errc() || end != text.data() + text.size())
      return fail(Errc::invalid, fmt::format("`max_bytes: {}` is no number of bytes", text));
  }
  return std::make_unique<MemoryProvider>(bytes, start.clock);
}

}  // namespace

const contracts::ProviderKind& kind() {
  static const contracts::ProviderKind made{
      .info = {.name = kv::k_memory.provider,
               .what = "keeps keys and values in memory, until the host ends",
               .aliases = {},
               .serves = kv::k_served,
               .calls = {},
               .keys = k_keys,
               .keeps = contracts::Keeps::in_its_memory},
      .succession = contracts::Succession::side_by_side,
      .start = start};
  return made;
}

}  // namespace weft::providers::keyvalue_memory
