// One call on one secret: what it makes of it, and where its result goes.
#pragma once
#include <cstddef>
#include <optional>
#include <type_traits>
#include <utility>

#include "contracts/calls.h"
#include "contracts/keyvalue/keyvalue.h"
#include "providers/keyvalue_vault/secret.h"

namespace weft::providers::keyvalue_vault {

using contracts::Calls;

class Op {
 public:
  enum class Kind {
    read,       // changes nothing
    overwrite,  // sets a value whatever was there
    edit,       // sets a value that depends on what was there
    swap,       // the same, and looks at the version
    erase,      // takes the value away
  };
  virtual ~Op() = default;
  virtual Kind kind() const noexcept = 0;
  virtual MonotonicTime deadline() const noexcept = 0;
  virtual std::size_t bytes() const noexcept = 0;
  virtual bool wanted() const noexcept = 0;
  // May be called again with another state. After an error there is nothing left to do.
  virtual bool apply(Secret& secret) noexcept = 0;
  // What apply() came to holds now.
  virtual void settle() noexcept = 0;
  virtual void fail(Error error) noexcept = 0;
};

// Apply: (Secret&) -> Result<T>, T owning what it holds. Convert: (const T&) -> the answer's type.
template <class Answered, class Apply, class Convert>
class AnswerOp final : public Op {
 public:
  struct Parts {
    Kind kind;
    MonotonicTime deadline;
  };
  AnswerOp(Parts parts, contracts::keyvalue::Answer<Answered> answer, Apply apply, Convert convert,
           Calls::Token token)
      : token_(std::move(token)),
        parts_(parts),
        answer_(std::move(answer)),
        apply_(std::move(apply)),
        convert_(std::move(convert)) {}

  Kind kind() const noexcept override { return parts_.kind; }
  MonotonicTime deadline() const noexcept override { return parts_.deadline; }
  std::size_t bytes() const noexcept override { return answer_.argument_bytes(); }
  bool wanted() const noexcept override { return answer_.wanted(); }
  bool apply(Secret& secret) noexcept override {
    return result_.emplace(apply_(secret)).has_value();
  }
  void settle() noexcept override {
    if (!result_) return;
    auto& result = *result_;
    if (!result) return std::move(answer_)(std::unexpected(std::move(result).error()));
    if constexpr (std::is_void_v<Answered>) {
      std::move(answer_)({});
    } else {
      std::move(answer_)(convert_(*result));
    }
  }
  void fail(Error error) noexcept override {
    std::move(answer_)(std::unexpected(std::move(error)));
  }

 private:
  const Calls::Token token_;  // ends last
  const Parts parts_;
  contracts::keyvalue::Answer<Answered> answer_;
  [[no_unique_address]] Apply apply_;
  [[no_unique_address]] Convert convert_;
  std::optional<std::invoke_result_t<Apply&, Secret&>> result_;
};

}  // namespace weft::providers::keyvalue_vault
