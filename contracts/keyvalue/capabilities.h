// What each product can do of the key-value contract: one row per provider, in one place. What a
// product cannot do its provider answers with the contract's error `unsupported`;
// tests/contracts/keyvalue_suite.h asks the row what to expect, so neither can be wrong alone.
#pragma once
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "base/result.h"
#include "contracts/keyvalue/types.h"

namespace weft::contracts::keyvalue {

enum class Support { no, yes };
// Of pages by `after`: whether a key may be listed twice when keys come and go. None is ever left
// out that is there all the time.
enum class Listing { each_once, may_repeat };

// Of calls that one thread makes without waiting for one before the next. A guest waits.
enum class Order { as_made, any };

struct Capabilities {
  std::string_view provider;  // "weft:keyvalue-redis"
  Support increment;
  Support versions;  // get-with-version and compare-and-swap
  Support set_many;  // all or none; likewise the next
  Support delete_many;
  Listing listing;
  Order order = Order::as_made;
};

inline constexpr Capabilities k_memory{.provider = "weft:keyvalue-memory",
                                       .increment = Support::yes,
                                       .versions = Support::yes,
                                       .set_many = Support::yes,
                                       .delete_many = Support::yes,
                                       .listing = Listing::each_once};
inline constexpr Capabilities k_sqlite{.provider = "weft:keyvalue-sqlite",
                                       .increment = Support::yes,
                                       .versions = Support::yes,
                                       .set_many = Support::yes,
                                       .delete_many = Support::yes,
                                       .listing = Listing::each_once};
inline constexpr Capabilities k_redis{.provider = "weft:keyvalue-redis",
                                      .increment = Support::yes,
                                      .versions = Support::yes,
                                      .set_many = Support::yes,
                                      .delete_many = Support::yes,
                                      .listing = Listing::may_repeat};
inline constexpr Capabilities k_nats{.provider = "weft:keyvalue-nats",
                                     .increment = Support::yes,
                                     .versions = Support::yes,
                                     .set_many = Support::no,
                                     .delete_many = Support::no,
                                     .listing = Listing::may_repeat};
// In Vault a key is a secret or a field of one, as `layout` says. Of several secrets none can be
// changed together.
inline constexpr Capabilities k_vault{.provider = "weft:keyvalue-vault",
                                      .increment = Support::yes,
                                      .versions = Support::yes,
                                      .set_many = Support::no,
                                      .delete_many = Support::no,
                                      .listing = Listing::each_once};
inline constexpr Capabilities k_vault_buckets{.provider = "weft:keyvalue-vault",
                                              .increment = Support::yes,
                                              .versions = Support::yes,
                                              .set_many = Support::yes,
                                              .delete_many = Support::yes,
                                              .listing = Listing::each_once};

// A Redis Cluster: many keys are written all or none where they lie in one slot, which is not so in
// general.
inline constexpr Capabilities k_redis_cluster{.provider = "weft:keyvalue-redis",
                                              .increment = Support::yes,
                                              .versions = Support::yes,
                                              .set_many = Support::no,
                                              .delete_many = Support::no,
                                              .listing = Listing::may_repeat};

// What a component that stands in front of a provider can do: what that one can, but each call has
// an instance of its own, and one may overtake another.
constexpr Capabilities through_component(Capabilities behind) {
  behind.order = Order::any;
  return behind;
}

// What names and values may be. The same for every product, so that whatever one has taken another
// takes, too.
inline constexpr std::size_t k_bucket_bytes = 255;
inline constexpr std::size_t k_key_bytes = 4096;
inline constexpr std::size_t k_value_bytes = std::size_t{64} << 20;
// Values of one get-many together, one that is asked for twice counted twice.
inline constexpr std::size_t k_found_bytes = k_value_bytes;
// Keys of one page, when the caller asks for more or leaves it to the provider.
inline constexpr std::uint32_t k_page_keys = 1000;

// invalid: names the limit. A bucket has at least one byte; a key may be empty.
Result<> check_bucket(std::string_view bucket);
Result<> check_key(std::string_view key);
Result<> check(Item item);
Result<> check(Item item, Bytes value);
Result<> check_keys(std::string_view bucket, std::span<const std::string_view> keys);
Result<> check_pairs(std::string_view bucket, std::span<const Pair> pairs);
// exhausted: so many bytes of values are more than one get-many answers.
Result<> check_found(std::size_t bytes);

}  // namespace weft::contracts::keyvalue
