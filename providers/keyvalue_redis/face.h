// The key-value contract on the commands of Redis: what one thread does for its callers.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/quick_random.h"
#include "contracts/calls.h"
#include "contracts/keyvalue/keyvalue.h"
#include "net/redis/client.h"
#include "providers/keyvalue_redis/names.h"
#include "providers/keyvalue_redis/servers.h"

namespace weft::providers::keyvalue_redis {

using contracts::Calls;

class Face final : public contracts::keyvalue::KeyValue {
 public:
  // `calls` outlives this.
  Face(const net::redis::ClientSettings& settings, std::shared_ptr<const net::TlsClient> tls,
       Calls& calls, const net::redis::Client::Surroundings& around);

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
  template <class T, class Convert, class Write>
  void ask(Item item, Answer<T> answer, Convert convert, const Write& write);
  void word_name(net::redis::Commands& commands, std::string_view bucket, std::string_view key);
  void word_mark(net::redis::Commands& commands, std::string_view bucket, std::string_view key);
  std::string new_mark();
  std::uint16_t slot(std::string_view bucket, std::string_view key);
  template <class Keys>
  bool one_slot(std::string_view bucket, const Keys& keys);

  const std::string where_;
  Calls& calls_;
  Names names_;
  QuickRandom random_;
  Servers servers_;
  const Calls::Holder holder_;
};

}  // namespace weft::providers::keyvalue_redis
