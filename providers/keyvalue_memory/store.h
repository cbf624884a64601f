// The keys and values themselves: one store for all threads of a provider.
#pragma once
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "contracts/keyvalue/types.h"

namespace weft::providers::keyvalue_memory {

// Any thread. Every method is one step that others see whole or not at all.
//
// One mutex, not shards: setting many keys is one step, steps take about a microsecond, and values
// are copied outside it.
class Store final {
 public:
  // Values are shared with whoever reads them, and never change.
  using Value = std::shared_ptr<const contracts::keyvalue::OwnedBytes>;
  using Item = contracts::keyvalue::Item;
  using Bytes = contracts::keyvalue::Bytes;

  struct Seen {
    Value value;  // null: there is none
    std::uint64_t version = 0;
  };

  // Of keys and values together, with what keeping one takes.
  explicit Store(std::size_t most_bytes) : most_(most_bytes) {}

  Seen look(Item item) const;
  // exhausted: the store is full; then nothing has changed. So have the others that write.
  Result<> set(Item item, Bytes value);
  void erase(Item item);
  // invalid: what is there is no number, or the sum does not fit.
  Result<std::int64_t> increment(Item item, std::int64_t delta);
  Result<> set_many(std::string_view bucket, std::span<const contracts::keyvalue::Pair> pairs);
  void erase_many(std::string_view bucket, std::span<const std::string_view> keys);
  std::vector<Value> look_many(std::string_view bucket,
                               std::span<const std::string_view> keys) const;
  // Sets the value when the key has that version; otherwise answers what is there.
  struct Swap {
    bool done = false;
    Seen now;
  };
  Result<Swap> swap(Item item, std::uint64_t version, Bytes value);
  // In their order; invalid: a place of another store.
  Result<contracts::keyvalue::Page> list(std::string_view bucket,
                                         const contracts::keyvalue::Place& from,
                                         std::size_t limit) const;
  std::size_t bytes() const;

 private:
  using Bucket = std::map<std::string, Seen, std::less<>>;

  const Seen* find(Item item) const;
  Result<> put(Item item, Value value);
  void drop(std::string_view bucket, std::string_view key);

  const std::size_t most_;
  mutable std::mutex mutex_;
  std::map<std::string, Bucket, std::less<>> buckets_;  // guarded by mutex_, as are the next two
  std::size_t bytes_ = 0;
  std::uint64_t version_ = 0;  // of the last write; 0 stands for a key that is not there
};

}  // namespace weft::providers::keyvalue_memory
