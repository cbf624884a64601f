// What Redis answers: a tree that lies flat in memory, read from bytes as they come.
#pragma once
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

struct redisReader;  // of hiredis

namespace weft::net::redis {

enum class Kind { nothing, text, status, error, integer, real, boolean, list, push, too_large };

// One value and, of a list, those after it that belong to it.
struct Node {
  Kind kind = Kind::nothing;
  std::int64_t number = 0;  // of an integer or boolean; of a list its values (a map has two each)
  std::size_t begin = 0, size = 0;  // of the text
};

// A view of one value. Valid until its reader reads on.
class Reply final {
 public:
  Reply(std::span<const Node> nodes, std::string_view text) : nodes_(nodes), text_(text) {}

  Kind kind() const { return nodes_.front().kind; }
  bool is(Kind kind) const { return this->kind() == kind; }
  // Of a text, status, error or real number; of one that is too large what to tell people.
  std::string_view text() const { return text_.substr(nodes_.front().begin, nodes_.front().size); }
  std::int64_t integer() const { return nodes_.front().number; }
  // Of a list. at() walks there; each() is the way through a long one.
  std::size_t size() const {
    return is(Kind::list) || is(Kind::push) ? static_cast<std::size_t>(nodes_.front().number) : 0;
  }
  Reply at(std::size_t index) const;
  template <class Do>
  void each(const Do& visit) const {
    auto left = size();
    for (Reply one = *this; left > 0; --left) {
      one = &one.nodes_.front() == &nodes_.front() ? one.first() : one.next();
      visit(one);
    }
  }

 private:
  Reply first() const { return {nodes_.subspan(1), text_}; }
  Reply next() const;  // after this value and all that belongs to it

  std::span<const Node> nodes_;  // from this value on
  std::string_view text_;
};

// Splits a stream of bytes into replies. hiredis reads; what it finds is kept flat here, so that a
// reply costs no allocation once the buffers have grown. One thread.
class ReplyReader final {
 public:
  // Of one reply. What is larger is passed over and comes as Kind::too_large, and the next as
  // always.
  explicit ReplyReader(std::size_t most_bytes);
  ReplyReader(ReplyReader&&) noexcept;
  ReplyReader& operator=(ReplyReader&&) noexcept;
  ~ReplyReader();

  // invalid: not the protocol of Redis. Then it is of no more use.
  Result<> feed(std::span<const char> bytes);
  // The next reply that is there whole. The same error.
  Result<std::optional<Reply>> next();

 private:
  struct Parser;
  std::unique_ptr<Parser> parser_;
};

}  // namespace weft::net::redis
