#include "providers/messaging_sqlite/store.h"

#include <fmt/format.h>

#include <array>
#include <utility>

namespace weft::providers::messaging_sqlite {

using contracts::messaging::Message;
using contracts::messaging::OwnedMessage;

namespace {

// "WfMs" in ASCII.
constexpr std::int64_t k_application_id = 0x57664d73;
constexpr std::array<const char*, 1> k_steps{
    // A message that several links get has a row for each: most have one link, and its row goes
    // away in one step.
    "CREATE TABLE waiting("
    "  id INTEGER PRIMARY KEY, link TEXT NOT NULL, subject TEXT NOT NULL, body BLOB NOT NULL,"
    "  reply_to TEXT, deliveries INTEGER NOT NULL) STRICT;",
};
constexpr sqlite::Schema k_schema{
    .application = k_application_id, .what = "message store", .steps = k_steps};

}  // namespace

Result<Store> Store::open(const std::filesystem::path& path) {
  TRY(auto database, Transactions::open(path, k_schema));
  Store store(std::move(database));
  TRY_OK(store.prepare());
  auto& db = store.database_;
  TRY(store.last_, db.number("SELECT coalesce(max(id), 0) FROM waiting"));
  TRY(store.insert_,
      db.prepare("INSERT INTO waiting(id, link, subject, body, reply_to, deliveries) "
                 "VALUES (?1, ?2, ?3, ?4, ?5, 0)"));
  TRY(store.remove_, db.prepare("DELETE FROM waiting WHERE id = ?1"));
  TRY(store.count_, db.prepare("UPDATE waiting SET deliveries = ?2 WHERE id = ?1"));
  return store;
}

Result<> Store::load(const std::function<void(Row)>& row) {
  TRY(auto all, database_.prepare("SELECT id, link, deliveries, length(subject) + length(body) "
                                  "FROM waiting ORDER BY id"));
  for (;;) {
    TRY(const sqlite::Step step, all.step());
    if (step == sqlite::Step::done) return {};
    row({.link = std::string(all.text(1)),
         .id = all.number(0),
         .deliveries = static_cast<std::uint32_t>(all.number(2)),
         .bytes = static_cast<std::size_t>(all.number(3))});
  }
}

Result<std::vector<std::int64_t>> Store::insert(const std::vector<std::string>& links,
                                                const Message& message) {
  std::vector<std::int64_t> ids;
  TRY_OK(all_or_nothing([&]() -> Result<> {
    for (const auto& link : links) {
      insert_.bind(1, ++last_).bind(2, link).bind(3, message.subject).bind(4, message.body);
      if (message.reply_to) insert_.bind(5, *message.reply_to);
      TRY_OK(insert_.run());
      ids.push_back(last_);
    }
    return {};
  }));
  return ids;
}

Result<> Store::remove(std::int64_t id) { return remove_.bind(1, id).run(); }

Result<> Store::count_delivery(std::int64_t id, std::uint32_t deliveries) {
  return count_.bind(1, id).bind(2, std::int64_t{deliveries}).run();
}

Result<std::vector<std::int64_t>> Store::move(std::int64_t id,
                                              const std::vector<std::string>& links,
                                              const Message& message) {
  std::vector<std::int64_t> ids;
  TRY_OK(all_or_nothing([&]() -> Result<> {
    TRY(ids, insert(links, message));
    return remove(id);
  }));
  return ids;
}

Result<Reader> Reader::open(const std::filesystem::path& path) {
  TRY(auto database, sqlite::Database::open(path, sqlite::Access::read));
  Reader reader(std::move(database));
  TRY(reader.read_,
      reader.database_.prepare("SELECT subject, body, reply_to FROM waiting WHERE id = ?1"));
  return reader;
}

Result<OwnedMessage> Reader::read(std::int64_t id) {
  const sqlite::Use statement(read_);
  statement->bind(1, id);
  TRY(const sqlite::Step step, statement->step());
  if (step == sqlite::Step::done)
    return fail(Errc::not_found, fmt::format("message {} is not in the store", id));
  Message message{statement->text(0), statement->blob(1), {}};
  // A subject is never empty.
  if (const auto reply_to = statement->text(2); !reply_to.empty()) message.reply_to = reply_to;
  return OwnedMessage(message);
}

}  // namespace weft::providers::messaging_sqlite
