// The transactions of a store that the writer's thread begins and ends; what happens inside them is
// the store's.
#pragma once
#include <filesystem>

#include "base/result.h"
#include "providers/sqlite/schema.h"
#include "providers/sqlite/sqlite.h"

namespace weft::providers::sqlite {

// Used by the writer's thread, once it runs.
class Transactions {
 public:
  Result<> begin() { return begin_.run(); }
  // Durable on return. After an error nothing of the transaction happened.
  Result<> commit();
  void rollback();
  bool in_transaction() const { return database_.in_transaction(); }

  // Not in a transaction.
  Result<> checkpoint() { return database_.checkpoint(); }
  int wal_frames() const { return database_.wal_frames(); }

 protected:
  // Opens or makes the database at `path`, whose folder exists, with a write-ahead log. Errors: see
  // Database::open and prepare_schema.
  static Result<Database> open(const std::filesystem::path& path, const Schema& schema);
  explicit Transactions(Database database) : database_(std::move(database)) {}
  Transactions(Transactions&&) = default;
  virtual ~Transactions() = default;
  Result<> prepare();
  // In a transaction: what `steps` did is undone when they fail.
  template <class F>
  Result<> all_or_nothing(F&& steps) {
    TRY_OK(database_.run("SAVEPOINT many"));
    auto done = steps();
    if (!done && in_transaction()) {
      on_rollback();
      TRY_OK(database_.run("ROLLBACK TO many"));
    }
    if (in_transaction()) TRY_OK(database_.run("RELEASE many"));
    return done;
  }
  // What the transaction had told the object is not so.
  virtual void on_rollback() {}

  Database database_;

 private:
  Statement begin_, commit_;
};

}  // namespace weft::providers::sqlite
