// The key-value contract on a bucket of NATS: what one thread does for its callers.
#pragma once
#include <optional>
#include <string_view>
#include <vector>

#include "contracts/calls.h"
#include "contracts/keyvalue/keyvalue.h"
#include "providers/keyvalue_nats/asked.h"
#include "providers/keyvalue_nats/bucket.h"
#include "providers/keyvalue_nats/counters.h"

namespace weft::providers::keyvalue_nats {

class Face final : public contracts::keyvalue::KeyValue {
 public:
  // `calls` and what surrounds it outlive this.
  Face(const Checked& checked, contracts::Calls& calls,
       const net::nats::Client::Surroundings& around);

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
  void get_with_version(Item item, Answer<contracts::keyvalue::Snapshot> answer) override;
  void compare_and_swap(Item item, std::string_view version, Bytes value,
                        Answer<contracts::keyvalue::Outcome> answer) override;

 private:
  // Null: it was refused, and has had its answer.
  template <class T>
  AskedPtr<T> admit(Answer<T> answer, Result<> allowed);
  void write(Operation operation, Item item, std::string_view value, const AskedPtr<void>& asked);
  void show_what_changed(Item item, const AskedPtr<contracts::keyvalue::Outcome>& asked);

  contracts::Calls& calls_;
  // The bucket goes first, and tells those who wait for it so.
  Counters counters_{bucket_};
  Bucket bucket_;
  const contracts::Calls::Holder holder_;
};

}  // namespace weft::providers::keyvalue_nats
