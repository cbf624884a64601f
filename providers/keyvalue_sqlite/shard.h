// What one thread has of the store: reads on a connection of its own, right away; writes by the
// writer's thread.
#pragma once
#include <boost/asio/io_context.hpp>
#include <memory>
#include <string_view>
#include <vector>

#include "contracts/keyvalue/keyvalue.h"
#include "providers/keyvalue_sqlite/reader.h"
#include "providers/keyvalue_sqlite/store.h"
#include "providers/sqlite/lane.h"
#include "providers/sqlite/writer.h"

namespace weft::providers::keyvalue_sqlite {

// Reads run on the caller's thread: from the page cache they take microseconds, less than a way to
// another thread and back. A value that must come from the disk, or is very large, holds the thread
// up for as long as that takes.
class Shard final : public contracts::keyvalue::KeyValue {
 public:
  // `store` and its `writer` outlive this.
  Shard(Reader reader, Store& store, sqlite::Writer& writer,
        boost::asio::io_context::executor_type executor);
  Shard(const Shard&) = delete;
  Shard& operator=(const Shard&) = delete;
  // Every call is over or cancelled.
  ~Shard() override;

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
  template <class Operation>
  void write(Result<> allowed, Operation operation, Answer<typename Operation::Value> answer);

  Reader reader_;
  Store& store_;  // for the writer
  std::shared_ptr<sqlite::Lane> lane_;
};

class KeyValueSqliteEndpoint final : public contracts::Endpoint {
 public:
  KeyValueSqliteEndpoint(Reader reader, Store& store, sqlite::Writer& writer,
                         boost::asio::io_context::executor_type executor)
      : shard_(std::move(reader), store, writer, std::move(executor)), invoker_(shard_) {}
  contracts::Pending invoke(contracts::Invocation invocation,
                            contracts::Replier& replier) override {
    return invoker_.invoke(std::move(invocation), replier);
  }
  std::size_t in_flight() const override { return invoker_.in_flight(); }

 private:
  Shard shard_;
  contracts::keyvalue::KeyValueInvoker invoker_;
};

}  // namespace weft::providers::keyvalue_sqlite
