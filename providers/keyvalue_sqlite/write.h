// The writes of the contract, as the writer's thread does them.
#pragma once
#include <cstddef>
#include <memory>
#include <string_view>
#include <utility>
#include <vector>

#include "contracts/keyvalue/keyvalue.h"
#include "providers/keyvalue_sqlite/store.h"
#include "providers/sqlite/write.h"

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

template <class Operation>
class WriteOf final : public sqlite::Write {
 public:
  using Value = typename Operation::Value;
  // `store` outlives the writer.
  WriteOf(std::shared_ptr<sqlite::Lane> lane, Store& store, Operation operation,
          contracts::keyvalue::Answer<Value> answer)
      : Write(std::move(lane), answer.argument_bytes()),
        store_(store),
        operation_(std::move(operation)),
        answer_(std::move(answer)) {}

  const Error* apply() override {
    result_ = operation_(store_);
    return result_ ? nullptr : &result_.error();
  }
  void fail_with(Error error) override { result_ = std::unexpected(std::move(error)); }
  bool wanted() const override { return answer_.wanted(); }
  MonotonicTime deadline() const override { return answer_.context().deadline; }
  void answer() override { std::move(answer_)(std::move(result_)); }
  void abandon() override { std::move(answer_).abandon(); }

 private:
  Store& store_;
  Operation operation_;
  contracts::keyvalue::Answer<Value> answer_;
  Result<Value> result_;
};

}  // namespace weft::providers::keyvalue_sqlite
