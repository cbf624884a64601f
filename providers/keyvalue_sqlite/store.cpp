#include "providers/keyvalue_sqlite/store.h"

#include <fmt/format.h>

#include <charconv>
#include <utility>

#include "base/bytes.h"

namespace weft::providers::keyvalue_sqlite {

using contracts::keyvalue::Bytes;
using contracts::keyvalue::Changed;
using contracts::keyvalue::Item;
using contracts::keyvalue::Outcome;
using contracts::keyvalue::Pair;
using contracts::keyvalue::Snapshot;
using contracts::keyvalue::Swapped;

namespace {

// "Weft" in ASCII: tells our files from other SQLite databases.
constexpr std::int64_t k_application_id = 0x57656674;

constexpr std::array<const char*, 1> k_steps{
    // A row id table, because values may be far larger than a page. `version` is of the last
    // change; `era` counts the
    // runs that wrote something, so that versions of different runs differ.
    "CREATE TABLE entries("
    "  bucket TEXT NOT NULL, key TEXT NOT NULL, version INTEGER NOT NULL, value BLOB NOT NULL,"
    "  UNIQUE(bucket, key)) STRICT;"
    "CREATE TABLE era(only INTEGER PRIMARY KEY CHECK (only = 1), number INTEGER NOT NULL) STRICT;"
    "INSERT INTO era VALUES (1, 0);",
};

constexpr sqlite::Schema k_schema{
    .application = k_application_id, .what = "key-value store", .steps = k_steps};

// A version is an era and a count within it: more changes than a run of years makes.
constexpr int k_count_bits = 40;

Result<std::int64_t> parse_number(Bytes value) {
  const auto text = text_of(value);
  const auto* last = text.data() + text.size();
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), last, number);
  if (error == std::errc() && end == last) return number;
  return fail(Errc::invalid, "the value under this key is not a decimal number of 64 bits");
}

}  // namespace

Result<Store> Store::open(const std::filesystem::path& path) {
  TRY(auto database, Transactions::open(path, k_schema));
  Store store(std::move(database));
  TRY_OK(store.prepare());
  auto& db = store.database_;
  TRY(store.set_,
      db.prepare("INSERT INTO entries(bucket, key, version, value) VALUES (?1, ?2, ?3, ?4) "
                 "ON CONFLICT(bucket, key) DO UPDATE SET version = excluded.version, "
                 "value = excluded.value"));
  TRY(store.erase_, db.prepare("DELETE FROM entries WHERE bucket = ?1 AND key = ?2"));
  TRY(store.seen_,
      db.prepare("SELECT rowid, version, value FROM entries WHERE bucket = ?1 AND key = ?2"));
  TRY(store.update_, db.prepare("UPDATE entries SET version = ?2, value = ?3 WHERE rowid = ?1"));
  TRY(store.next_era_, db.prepare("UPDATE era SET number = number + 1 RETURNING number"));
  return store;
}

Result<std::int64_t> Store::next_version() {
  if (era_ == 0) {
    const sqlite::Use statement(next_era_);
    TRY(const sqlite::Step step, statement->step());
    if (step != sqlite::Step::row)
      return fail(Errc::invalid, "the database has lost its era; restore it from a backup");
    const auto era = statement->number(0);
    TRY_OK(statement->step());
    era_ = era;
    count_ = 0;
  }
  return (era_ << k_count_bits) | ++count_;
}

Result<> Store::set(Item item, Bytes value) {
  TRY(const auto version, next_version());
  return set_.bind(1, item.bucket).bind(2, item.key).bind(3, version).bind(4, value).run();
}

Result<> Store::erase(Item item) { return erase_.bind(1, item.bucket).bind(2, item.key).run(); }

Result<std::int64_t> Store::increment(Item item, std::int64_t delta) {
  std::int64_t row = 0, number = 0;
  {
    const sqlite::Use statement(seen_);
    statement->bind(1, item.bucket).bind(2, item.key);
    TRY(const sqlite::Step step, statement->step());
    if (step == sqlite::Step::row) {
      row = statement->number(0);
      TRY(number, parse_number(statement->blob(2)));
    }
  }
  if (__builtin_add_overflow(number, delta, &number)) {
    return fail(Errc::invalid, "the sum does not fit into 64 bits");
  }
  const fmt::format_int text(number);
  const auto value = std::as_bytes(std::span(text.data(), text.size()));
  if (row == 0) {
    TRY_OK(set(item, value));
  } else {
    TRY(const auto version, next_version());
    TRY_OK(update_.bind(1, row).bind(2, version).bind(3, value).run());
  }
  return number;
}

Result<> Store::set_many(std::string_view bucket, const std::vector<Pair>& pairs) {
  return all_or_nothing([&]() -> Result<> {
    for (const auto& [key, value] : pairs) TRY_OK(set({bucket, key}, value));
    return {};
  });
}

Result<> Store::erase_many(std::string_view bucket, const std::vector<std::string_view>& keys) {
  return all_or_nothing([&]() -> Result<> {
    for (const auto key : keys) TRY_OK(erase({bucket, key}));
    return {};
  });
}

Result<Outcome> Store::swap(Item item, std::string_view version, Bytes value) {
  Snapshot now{std::string(item.bucket), std::string(item.key), "0", {}};
  {
    const sqlite::Use statement(seen_);
    statement->bind(1, item.bucket).bind(2, item.key);
    TRY(const sqlite::Step step, statement->step());
    if (step == sqlite::Step::row) now.version = fmt::to_string(statement->number(1));
    if (now.version != version) {
      if (step == sqlite::Step::row) {
        const auto there = statement->blob(2);
        now.value.emplace(there.begin(), there.end());
      }
      return Outcome(Changed{std::move(now)});
    }
  }
  TRY_OK(set(item, value));
  return Outcome(Swapped{});
}

}  // namespace weft::providers::keyvalue_sqlite
