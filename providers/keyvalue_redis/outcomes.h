// From a reply of Redis to the answer of a call.
#pragma once
#include <fmt/format.h>

#include <string_view>
#include <utility>

#include "contracts/calls.h"
#include "contracts/keyvalue/keyvalue.h"
#include "net/redis/client.h"
#include "providers/keyvalue_redis/errors.h"

namespace weft::providers::keyvalue_redis {

using contracts::Calls;

// Convert: (const Reply&, std::string_view where) -> Result<T>; never sees an error of Redis.
// `where` names provider and address, and outlives this.
template <class T, class Convert>
class AnswerOutcome final : public net::redis::Outcome {
 public:
  AnswerOutcome(contracts::keyvalue::Answer<T> answer, Convert convert, std::string_view where,
                Calls::Token token)
      : token_(std::move(token)),
        answer_(std::move(answer)),
        convert_(std::move(convert)),
        where_(where) {}

  void on_reply(const net::redis::Reply& reply) noexcept override {
    if (reply.is(net::redis::Kind::error))
      return std::move(answer_)(std::unexpected(redis_error(reply.text(), where_)));
    std::move(answer_)(convert_(reply, where_));
  }
  void on_failure(Error error) noexcept override {
    std::move(answer_)(std::unexpected(std::move(error)));
  }
  bool wanted() const noexcept override { return answer_.wanted(); }

 private:
  const Calls::Token token_;  // ends last
  contracts::keyvalue::Answer<T> answer_;
  [[no_unique_address]] Convert convert_;
  const std::string_view where_;
};

inline Result<> closing(std::string_view where) {
  return fail(Errc::unavailable, fmt::format("{}: the provider is being closed", where));
}

template <class T>
void refuse(contracts::keyvalue::Answer<T> answer, Result<> why) {
  std::move(answer)(std::unexpected(std::move(why).error()));
}

}  // namespace weft::providers::keyvalue_redis
