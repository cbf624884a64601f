// The writes, inside a transaction that somebody else begins and commits. Used by the writer's
// thread.
#pragma once
#include <cstdint>
#include <filesystem>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "contracts/keyvalue/types.h"
#include "providers/keyvalue_sqlite/sqlite.h"

namespace weft::providers::keyvalue_sqlite {

// Every method but those of the transaction needs one open. After an error the transaction is as it
// was before the method, unless in_transaction() says that SQLite has rolled it back.
class Store final {
 public:
  // Opens or makes the database at `path`, whose folder exists. Errors: see Database::open and
  // prepare_schema.
  static Result<Store> open(const std::filesystem::path& path);

  Result<> begin();
  // Durable on return. After an error nothing of the transaction happened.
  Result<> commit();
  void rollback();
  bool in_transaction() const { return database_.in_transaction(); }

  Result<> set(contracts::keyvalue::Item item, contracts::keyvalue::Bytes value);
  Result<> erase(contracts::keyvalue::Item item);
  // invalid: the value is no decimal number, or the sum does not fit.
  Result<std::int64_t> increment(contracts::keyvalue::Item item, std::int64_t delta);
  Result<> set_many(std::string_view bucket, const std::vector<contracts::keyvalue::Pair>& pairs);
  Result<> erase_many(std::string_view bucket, const std::vector<std::string_view>& keys);
  Result<contracts::keyvalue::Outcome> swap(contracts::keyvalue::Item item,
                                            std::string_view version,
                                            contracts::keyvalue::Bytes value);

  // Not in a transaction.
  Result<> checkpoint() { return database_.checkpoint(); }
  int wal_frames() const { return database_.wal_frames(); }

 private:
  explicit Store(Database database) : database_(std::move(database)) {}
  Result<std::int64_t> next_version();
  template <class F>
  Result<> all_or_nothing(F&& steps);

  Database database_;
  Statement begin_, commit_, set_, erase_, seen_, update_, next_era_;
  std::int64_t era_ = 0;  // 0 until this run wrote something
  std::int64_t count_ = 0;
};

}  // namespace weft::providers::keyvalue_sqlite
