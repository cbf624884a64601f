// The values of many keys, out of the replies of one server or several.
#pragma once
#include <cstddef>
#include <memory>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "contracts/calls.h"
#include "contracts/keyvalue/keyvalue.h"
#include "net/redis/client.h"

namespace weft::providers::keyvalue_redis {

using contracts::Calls;

// One get-many under way. Shared by the outcomes of what was asked; answers with the last of them,
// or with the first that fails.
class Gather final {
 public:
  // `where` outlives this, `keys` the answer.
  Gather(Calls::Token token, std::string_view where, std::vector<std::string_view> keys,
         contracts::keyvalue::Answer<contracts::keyvalue::Found> answer);

  // Each key that is asked for, once.
  const std::vector<std::string_view>& names() const { return names_; }
  // So many outcomes are to come.
  void expect(std::size_t outcomes) { left_ = outcomes; }
  // It has been answered: the names are no more.
  bool over() const { return !answer_; }
  // Of these names a list of values is asked for.
  static std::unique_ptr<net::redis::Outcome> outcome(std::shared_ptr<Gather> gather,
                                                      std::vector<std::size_t> names);

 private:
  class Part;
  Result<> take(const net::redis::Reply& reply, const std::vector<std::size_t>& names);
  void fail_with(Error error);
  void answer();

  const Calls::Token token_;  // ends last
  const std::string_view where_;
  const std::vector<std::string_view> keys_;
  std::vector<std::string_view> names_;
  std::vector<std::size_t> places_;  // of each key in names_
  std::vector<std::size_t> times_;   // how often each name is asked for
  std::vector<std::optional<contracts::keyvalue::OwnedBytes>> values_;  // of each name
  std::size_t bytes_ = 0;
  std::size_t left_ = 0;
  std::optional<contracts::keyvalue::Answer<contracts::keyvalue::Found>> answer_;
};

}  // namespace weft::providers::keyvalue_redis
