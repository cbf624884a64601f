#include "providers/sqlite/schema.h"

#include <fmt/format.h>

#include <cstdint>

namespace weft::providers::sqlite {
namespace {

Result<> check_owner(Database& database, const std::filesystem::path& path, const Schema& schema) {
  TRY(const auto owner, database.number("PRAGMA application_id"));
  if (owner == schema.application) return {};
  TRY(const auto objects, database.number("SELECT count(*) FROM sqlite_schema"));
  if (owner == 0 && objects == 0) return {};
  return fail(Errc::invalid,
              fmt::format("{} is a database of another program, not a {} of Weft; move it "
                          "away or choose another state folder",
                          path.string(), schema.what));
}

Result<> migrate(Database& database, const Schema& schema, std::size_t from) {
  TRY_OK(database.run("BEGIN IMMEDIATE"));
  for (auto step = from; step < schema.steps.size(); ++step)
    TRY_OK(database.run(schema.steps[step]));
  const auto marks = fmt::format("PRAGMA application_id = {}; PRAGMA user_version = {}; COMMIT",
                                 schema.application, schema.steps.size());
  return database.run(marks.c_str());
}

}  // namespace

Result<> prepare_schema(Database& database, const std::filesystem::path& path,
                        const Schema& schema) {
  TRY_OK(check_owner(database, path, schema));
  TRY(const auto version, database.number("PRAGMA user_version"));
  const auto present = static_cast<std::int64_t>(schema.steps.size());
  if (version == present) return {};
  if (version < 0 || version > present) {
    return fail(
        Errc::invalid,
        fmt::format("{} was written by a newer Weft (its form is {}, this one knows up to {}); "
                    "run that version",
                    path.string(), version, present));
  }
  return migrate(database, schema, static_cast<std::size_t>(version));
}

}  // namespace weft::providers::sqlite
