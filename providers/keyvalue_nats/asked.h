// One call of the contract, from its arrival to its answer.
#pragma once
#include <memory>
#include <utility>

#include "providers/keyvalue_nats/bucket.h"

namespace weft::providers::keyvalue_nats {

template <class T>
class Asked final : public Asker {
 public:
  Asked(contracts::keyvalue::Answer<T> answer, contracts::Calls& calls)
      : token_(calls), answer_(std::move(answer)) {}

  MonotonicTime deadline() const override { return answer_.context().deadline; }
  bool wanted() const override { return !answered_ && answer_.wanted(); }
  // Once.
  void answer(Result<T> result) {
    answered_ = true;
    std::move(answer_)(std::move(result));
  }
  void fail(Error error) { answer(std::unexpected(std::move(error))); }

 private:
  const contracts::Calls::Token token_;  // ends last
  contracts::keyvalue::Answer<T> answer_;
  bool answered_ = false;
};
template <class T>
using AskedPtr = std::shared_ptr<Asked<T>>;

}  // namespace weft::providers::keyvalue_nats
