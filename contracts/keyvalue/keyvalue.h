// The face of key-value: what a provider in C++ implements, and what makes it an Invoker.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "contracts/keyvalue/types.h"
#include "contracts/open_call.h"

namespace weft::contracts::keyvalue {

// What is the contract's own in its answers.
struct Contract {
  using Error = StoreError;
  static constexpr std::string_view k_provider = "key-value provider";
  // Nothing for those that fail the call.
  static std::optional<Error> error(const weft::Error& error);
  static Error unsupported(std::string what) { return Unsupported{std::move(what)}; }
};
template <class T>
using Answer = contracts::Answer<T, Contract>;

// Implementations belong to one thread, like every Invoker, and never block it for long. What a
// product cannot do (its row in capabilities.h) its implementation leaves as it is here.
class KeyValue {
 public:
  virtual ~KeyValue() = default;
  virtual void get(Item item, Answer<std::optional<Bytes>> answer) = 0;
  virtual void set(Item item, Bytes value, Answer<void> answer) = 0;
  virtual void erase(Item item, Answer<void> answer) = 0;
  virtual void exists(Item item, Answer<bool> answer) = 0;
  virtual void list_keys(std::string_view bucket, Place from, std::uint32_t limit,
                         Answer<Page> answer) = 0;
  virtual void increment(Item item, std::int64_t delta, Answer<std::int64_t> answer);
  virtual void get_many(std::string_view bucket, std::vector<std::string_view> keys,
                        Answer<Found> answer) = 0;
  virtual void set_many(std::string_view bucket, std::vector<Pair> pairs, Answer<void> answer);
  virtual void erase_many(std::string_view bucket, std::vector<std::string_view> keys,
                          Answer<void> answer);
  virtual void get_with_version(Item item, Answer<Snapshot> answer);
  virtual void compare_and_swap(Item item, std::string_view version, Bytes value,
                                Answer<Outcome> answer);
};

class KeyValueInvoker final : public FaceInvoker<KeyValue> {
 public:
  // `face` outlives this.
  explicit KeyValueInvoker(KeyValue& face);
};

}  // namespace weft::contracts::keyvalue
