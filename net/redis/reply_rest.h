// The rest of a reply of which nobody wants to keep any more: passed over as its bytes come.
#pragma once
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include "base/result.h"

namespace weft::net::redis {

// One thread.
class ReplyRest final {
 public:
  // `values` are still to come, the one that has begun included. `type`: the byte that says what
  // that one is, when it has been read already; otherwise 0.
  ReplyRest(std::uint64_t values, char type) : values_(values), type_(type) {}

  // How many of these bytes, from the first, belong to it: all of them while it is not over.
  // invalid: not the protocol of Redis.
  Result<std::size_t> pass(std::span<const char> bytes);
  bool over() const { return values_ == 0; }

 private:
  Result<> line();

  std::uint64_t values_;
  char type_;                // 0: the next byte is one
  std::string line_;         // after it, as far as it is here and anybody needs it
  std::uint64_t bytes_ = 0;  // of a text and its line break, still to come
};

}  // namespace weft::net::redis
