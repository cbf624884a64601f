// The writes, inside a transaction that somebody else begins and commits. Used by the writer's
// thread.
#pragma once
#include <cstdint>
#include <filesystem>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "contracts/keyvalue/types.h"
#include "providers/sqlite/sqlite.h"
#include "providers/sqlite/transactions.h"

namespace weft::providers::keyvalue_sqlite {

// Every method needs a transaction. After an error the transaction is as it
// was before the method, unless in_transaction() says that SQLite has rolled it back.
class Store final : public sqlite::Transactions {
 public:
  // Opens or makes the database at `path`, whose folder exists. Errors: see Transactions::open.
  static Result<Store> open(const std::filesystem::path& path);

  Result<> set(contracts::keyvalue::Item item, contracts::keyvalue::Bytes value);
  Result<> erase(contracts::keyvalue::Item item);
  // invalid: the value is no decimal number, or the sum does not fit.
  Result<std::int64_t> increment(contracts::keyvalue::Item item, std::int64_t delta);
  Result<> set_many(std::string_view bucket, const std::vector<contracts::keyvalue::Pair>& pairs);
  Result<> erase_many(std::string_view bucket, const std::vector<std::string_view>& keys);
  Result<contracts::keyvalue::Outcome> swap(contracts::keyvalue::Item item,
                                            std::string_view version,
                                            contracts::keyvalue::Bytes value);

 private:
  explicit Store(sqlite::Database database) : Transactions(std::move(database)) {}
  void on_rollback() override { era_ = 0; }  // the new era may have gone, too
  Result<std::int64_t> next_version();

  sqlite::Statement set_, erase_, seen_, update_, next_era_;
  std::int64_t era_ = 0;  // 0 until this run wrote something
  std::int64_t count_ = 0;
};

}  // namespace weft::providers::keyvalue_sqlite
