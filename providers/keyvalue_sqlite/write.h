// One write on its way: from the shard's thread to the writer's, and back with its result.
#pragma once
#include <cstddef>
#include <memory>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "contracts/keyvalue/keyvalue.h"
#include "providers/keyvalue_sqlite/store.h"

namespace weft::providers::keyvalue_sqlite {

// The views in these are arguments of the call: they live until the answer.
struct Set {
  using Value = void;
  contracts::keyvalue::Item item;
  contracts::keyvalue::Bytes value;
  Result<> operator()(Store& store) const { return store.set(item, value); }
};
struct Erase {
  using Value = void;
  contracts::keyvalue::Item item;
  Result<> operator()(Store& store) const { return store.erase(item); }
};
struct Increment {
  using Value = std::int64_t;
  contracts::keyvalue::Item item;
  std::int64_t delta;
  Result<std::int64_t> operator()(Store& store) const { return store.increment(item, delta); }
};
struct SetMany {
  using Value = void;
  std::string_view bucket;
  std::vector<contracts::keyvalue::Pair> pairs;
  Result<> operator()(Store& store) const { return store.set_many(bucket, pairs); }
};
struct EraseMany {
  using Value = void;
  std::string_view bucket;
  std::vector<std::string_view> keys;
  Result<> operator()(Store& store) const { return store.erase_many(bucket, keys); }
};
struct Swap {
  using Value = contracts::keyvalue::Outcome;
  contracts::keyvalue::Item item;
  std::string_view version;
  contracts::keyvalue::Bytes value;
  Result<Value> operator()(Store& store) const { return store.swap(item, version, value); }
};

class Lane;

class Write {
 public:
  Write(std::shared_ptr<Lane> lane, std::size_t bytes) : lane_(std::move(lane)), bytes_(bytes) {}
  virtual ~Write() = default;

  // The writer's thread, inside a transaction. The error, or null; it stays with the write, too.
  virtual const Error* apply(Store& store) = 0;
  virtual void fail_with(Error error) = 0;
  // Any thread.
  virtual bool wanted() const = 0;
  virtual MonotonicTime deadline() const = 0;
  // The shard's thread, once, after apply() and commit, or fail_with().
  virtual void answer() = 0;
  // Any thread, instead of answer(), when the shard is gone.
  virtual void abandon() = 0;

  const std::shared_ptr<Lane>& lane() const { return lane_; }
  // What the arguments hold in memory while this waits.
  std::size_t bytes() const { return bytes_; }

 private:
  std::shared_ptr<Lane> lane_;
  std::size_t bytes_;
};

template <class Operation>
class WriteOf final : public Write {
 public:
  using Value = typename Operation::Value;
  WriteOf(std::shared_ptr<Lane> lane, std::size_t bytes, Operation operation,
          contracts::keyvalue::Answer<Value> answer)
      : Write(std::move(lane), bytes),
        operation_(std::move(operation)),
        answer_(std::move(answer)) {}

  const Error* apply(Store& store) override {
    result_ = operation_(store);
    return result_ ? nullptr : &result_.error();
  }
  void fail_with(Error error) override { result_ = std::unexpected(std::move(error)); }
  bool wanted() const override { return answer_.wanted(); }
  MonotonicTime deadline() const override { return answer_.context().deadline; }
  void answer() override { std::move(answer_)(std::move(result_)); }
  void abandon() override { std::move(answer_).abandon(); }

 private:
  Operation operation_;
  contracts::keyvalue::Answer<Value> answer_;
  Result<Value> result_;
};

}  // namespace weft::providers::keyvalue_sqlite
