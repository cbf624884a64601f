// The messages that wait, in a file: one row per message and link. Used by the writer's thread.
#pragma once
#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "contracts/messaging/owned_message.h"
#include "providers/sqlite/sqlite.h"
#include "providers/sqlite/transactions.h"

namespace weft::providers::messaging_sqlite {

// Every method but load() needs a transaction. After an error it is as it was before the method,
// unless in_transaction() says that SQLite has rolled it back.
class Store final : public sqlite::Transactions {
 public:
  // Opens or makes the database at `path`, whose folder exists. Errors: see Transactions::open.
  static Result<Store> open(const std::filesystem::path& path);

  struct Row {
    std::string link;
    std::int64_t id = 0;
    std::uint32_t deliveries = 0;
    std::size_t bytes = 0;  // of subject and body
  };
  // Everything that waits, the oldest first. Before the writer's thread begins.
  Result<> load(const std::function<void(Row)>& row);

  // The numbers that it has, one per link, in their order. Numbers grow.
  Result<std::vector<std::int64_t>> insert(const std::vector<std::string>& links,
                                           const contracts::messaging::Message& message);
  Result<> remove(std::int64_t id);
  Result<> count_delivery(std::int64_t id, std::uint32_t deliveries);
  // To these links under another subject, and no longer to the one that had it.
  Result<std::vector<std::int64_t>> move(std::int64_t id, const std::vector<std::string>& links,
                                         const contracts::messaging::Message& message);

 private:
  explicit Store(sqlite::Database database) : Transactions(std::move(database)) {}

  sqlite::Statement insert_, remove_, count_;
  std::int64_t last_ = 0;
};

// The messages themselves, for one thread, on a connection of its own: it sees what was committed.
class Reader final {
 public:
  static Result<Reader> open(const std::filesystem::path& path);
  // not_found: it is there no more.
  Result<contracts::messaging::OwnedMessage> read(std::int64_t id);

 private:
  explicit Reader(sqlite::Database database) : database_(std::move(database)) {}

  sqlite::Database database_;
  sqlite::Statement read_;
};

}  // namespace weft::providers::messaging_sqlite
