#include "providers/keyvalue_sqlite/schema.h"

#include <fmt/format.h>

#include <array>
#include <cstdint>

namespace weft::providers::keyvalue_sqlite {
namespace {

// "Weft" in ASCII: tells our files from other SQLite databases.
constexpr std::int64_t k_application_id = 0x57656674;

// Step i leads from version i to version i + 1. A step that was released is never edited.
constexpr std::array k_steps{
    // A row id table, because values may be far larger than a page. `version` is of the last
    // change; `era` counts the
    // runs that wrote something, so that versions of different runs differ.
    "CREATE TABLE entries("
    "  bucket TEXT NOT NULL, key TEXT NOT NULL, version INTEGER NOT NULL, value BLOB NOT NULL,"
    "  UNIQUE(bucket, key)) STRICT;"
    "CREATE TABLE era(only INTEGER PRIMARY KEY CHECK (only = 1), number INTEGER NOT NULL) STRICT;"
    "INSERT INTO era VALUES (1, 0);",
};

Result<> check_owner(Database& database, const std::filesystem::path& path) {
  TRY(const auto owner, database.number("PRAGMA application_id"));
  if (owner == k_application_id) return {};
  TRY(const auto objects, database.number("SELECT count(*) FROM sqlite_schema"));
  if (owner == 0 && objects == 0) return {};
  return fail(
      Errc::invalid,
      fmt::format("{} is a database of another program, not a key-value store of Weft; move it "
                  "away or choose another state folder",
                  path.string()));
}

Result<> migrate(Database& database, std::size_t from) {
  TRY_OK(database.run("BEGIN IMMEDIATE"));
  for (auto step = from; step < k_steps.size(); ++step) TRY_OK(database.run(k_steps[step]));
  const auto marks = fmt::format("PRAGMA application_id = {}; PRAGMA user_version = {}; COMMIT",
                                 k_application_id, k_steps.size());
  return database.run(marks.c_str());
}

}  // namespace

Result<> prepare_schema(Database& database, const std::filesystem::path& path) {
  TRY_OK(check_owner(database, path));
  TRY(const auto version, database.number("PRAGMA user_version"));
  const auto present = static_cast<std::int64_t>(k_steps.size());
  if (version == present) return {};
  if (version < 0 || version > present) {
    return fail(
        Errc::invalid,
        fmt::format("{} was written by a newer Weft (its form is {}, this one knows up to {}); "
                    "run that version",
                    path.string(), version, present));
  }
  return migrate(database, static_cast<std::size_t>(version));
}

}  // namespace weft::providers::keyvalue_sqlite
