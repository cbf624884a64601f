// The key-value contract on secrets: what one thread does for its callers.
#pragma once
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "contracts/keyvalue/keyvalue.h"
#include "providers/keyvalue_vault/store.h"

namespace weft::providers::keyvalue_vault {

class Face final : public contracts::keyvalue::KeyValue {
 public:
  // All outlive this.
  Face(const Checked& settings, Calls& calls, const net::vault::Client::Surroundings& around,
       Log& log);

  template <class T>
  using Answer = contracts::keyvalue::Answer<T>;
  using Item = contracts::keyvalue::Item;
  using Bytes = contracts::keyvalue::Bytes;

  void get(Item item, Answer<std::optional<Bytes>> answer) override;
  void set(Item item, Bytes value, Answer<void> answer) override;
  void erase(Item item, Answer<void> answer) override;
  void exists(Item item, Answer<bool> answer) override;
  void list_keys(std::string_view bucket, contracts::keyvalue::Place from, std::uint32_t limit,
                 Answer<contracts::keyvalue::Page> answer) override;
  void increment(Item item, std::int64_t delta, Answer<std::int64_t> answer) override;
  void get_many(std::string_view bucket, std::vector<std::string_view> keys,
                Answer<contracts::keyvalue::Found> answer) override;
  void set_many(std::string_view bucket, std::vector<contracts::keyvalue::Pair> pairs,
                Answer<void> answer) override;
  void erase_many(std::string_view bucket, std::vector<std::string_view> keys,
                  Answer<void> answer) override;
  void get_with_version(Item item, Answer<contracts::keyvalue::Snapshot> answer) override;
  void compare_and_swap(Item item, std::string_view version, Bytes value,
                        Answer<contracts::keyvalue::Outcome> answer) override;

 private:
  Result<> closing() const;
  template <class T, class Apply, class Convert>
  void ask(Item item, Op::Kind kind, Answer<T> answer, Apply apply, Convert convert);
  template <class T, class Apply>
  void ask(Item item, Op::Kind kind, Answer<T> answer, Apply apply);

  const Layout layout_;
  Calls& calls_;
  Store store_;
  const Calls::Holder holder_;
};

}  // namespace weft::providers::keyvalue_vault
