// The reads of one thread, on a connection of its own: they see the last commit and never wait for
// the writer.
#pragma once
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "contracts/keyvalue/types.h"
#include "providers/sqlite/sqlite.h"

namespace weft::providers::keyvalue_sqlite {

// One thread. Errors as Database::open says; exhausted: an answer would be larger than a value may
// be.
class Reader final {
 public:
  static Result<Reader> open(const std::filesystem::path& path);

  // Gives the value to `use` while it lies in the database's own memory.
  template <class F>
  Result<> get(contracts::keyvalue::Item item, F&& use) {
    const sqlite::Use statement(get_);
    statement->bind(1, item.bucket).bind(2, item.key);
    TRY(const sqlite::Step step, statement->step());
    use(step == sqlite::Step::row ? std::optional(statement->blob(0)) : std::nullopt);
    return {};
  }
  Result<bool> exists(contracts::keyvalue::Item item);
  Result<contracts::keyvalue::Page> list(std::string_view bucket,
                                         const contracts::keyvalue::Place& from,
                                         std::uint32_t limit);
  Result<contracts::keyvalue::Found> get_many(std::string_view bucket,
                                              const std::vector<std::string_view>& keys);
  Result<contracts::keyvalue::Snapshot> snapshot(contracts::keyvalue::Item item);

 private:
  explicit Reader(sqlite::Database database) : database_(std::move(database)) {}

  sqlite::Database database_;
  sqlite::Statement get_, exists_, after_, skip_, snapshot_;
};

}  // namespace weft::providers::keyvalue_sqlite
