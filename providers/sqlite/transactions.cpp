#include "providers/sqlite/transactions.h"

#include <fmt/format.h>

namespace weft::providers::sqlite {

Result<Database> Transactions::open(const std::filesystem::path& path, const Schema& schema) {
  TRY(auto database, Database::open(path, Access::write));
  TRY(const bool wal, database.answers("PRAGMA journal_mode = WAL", "wal"));
  if (!wal)
    return fail(Errc::denied,
                fmt::format("{} lies where SQLite cannot keep a write-ahead log", path.string()));
  // Every commit is followed by an fdatasync. A WAL that once grew is overwritten, not cut: an
  // fdatasync is much cheaper when the size of the file stays the same.
  TRY_OK(database.run(
      "PRAGMA synchronous = FULL; PRAGMA journal_size_limit = -1; PRAGMA cache_size = -8192"));
  TRY_OK(prepare_schema(database, path, schema));
  return database;
}

Result<> Transactions::prepare() {
  TRY(begin_, database_.prepare("BEGIN IMMEDIATE"));
  TRY(commit_, database_.prepare("COMMIT"));
  return {};
}

Result<> Transactions::commit() {
  auto committed = commit_.run();
  if (!committed) rollback();
  return committed;
}

void Transactions::rollback() {
  // Its own error does not matter beside the one that led here.
  if (in_transaction()) (void)database_.run("ROLLBACK");
  on_rollback();
}

}  // namespace weft::providers::sqlite
