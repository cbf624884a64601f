#include "providers/keyvalue_sqlite/reader.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "contracts/keyvalue/capabilities.h"

namespace weft::providers::keyvalue_sqlite {

using contracts::keyvalue::After;
using contracts::keyvalue::check_found;
using contracts::keyvalue::Found;
using contracts::keyvalue::Item;
using contracts::keyvalue::k_found_bytes;
using contracts::keyvalue::k_page_keys;
using contracts::keyvalue::OwnedBytes;
using contracts::keyvalue::Page;
using contracts::keyvalue::Place;
using contracts::keyvalue::Skip;
using contracts::keyvalue::Snapshot;

Result<Reader> Reader::open(const std::filesystem::path& path) {
  TRY(auto database, sqlite::Database::open(path, sqlite::Access::read));
  // Small, because a thread has one and most of it lies in the page cache of the system anyway (2
  // MiB).
  TRY_OK(database.run("PRAGMA cache_size = -2048"));
  Reader reader(std::move(database));
  auto& db = reader.database_;
  TRY(reader.get_, db.prepare("SELECT value FROM entries WHERE bucket = ?1 AND key = ?2"));
  TRY(reader.exists_, db.prepare("SELECT 1 FROM entries WHERE bucket = ?1 AND key = ?2"));
  TRY(reader.after_,
      db.prepare("SELECT key FROM entries WHERE bucket = ?1 AND key > ?2 ORDER BY key LIMIT ?3"));
  TRY(reader.skip_,
      db.prepare("SELECT key FROM entries WHERE bucket = ?1 ORDER BY key LIMIT ?3 OFFSET ?2"));
  TRY(reader.snapshot_,
      db.prepare("SELECT version, value FROM entries WHERE bucket = ?1 AND key = ?2"));
  return reader;
}

Result<bool> Reader::exists(Item item) {
  const sqlite::Use statement(exists_);
  statement->bind(1, item.bucket).bind(2, item.key);
  TRY(const sqlite::Step step, statement->step());
  return step == sqlite::Step::row;
}

Result<Page> Reader::list(std::string_view bucket, const Place& from, std::uint32_t limit) {
  const auto most = std::min(limit == 0 ? k_page_keys : limit, k_page_keys);
  const auto* skip = std::get_if<Skip>(&from);
  const auto* after = std::get_if<After>(&from);
  const auto skipped = skip == nullptr ? 0 : std::min<std::uint64_t>(skip->value, INT64_MAX);
  // The empty key is smaller than every other: the beginning is a skip of none.
  const sqlite::Use statement(after != nullptr ? after_ : skip_);
  statement->bind(1, bucket).bind(3, std::int64_t{most} + 1);
  if (after != nullptr) {
    statement->bind(2, std::string_view(after->value));
  } else {
    statement->bind(2, static_cast<std::int64_t>(skipped));
  }
  Page page;
  for (;;) {
    TRY(const sqlite::Step step, statement->step());
    if (step == sqlite::Step::done) return page;
    if (page.keys.size() == most) break;
    page.keys.emplace_back(statement->text(0));
  }
  if (skip != nullptr) {
    page.next = Skip{skipped + most};
  } else {
    page.next = After{page.keys.back()};
  }
  return page;
}

Result<Found> Reader::get_many(std::string_view bucket, const std::vector<std::string_view>& keys) {
  Found found;
  found.reserve(keys.size());
  std::size_t bytes = 0;
  for (const auto key : keys) {
    auto& entry = found.emplace_back();
    TRY_OK(get({bucket, key}, [&](std::optional<std::span<const std::byte>> value) {
      if (!value) return;
      bytes += value->size();
      if (bytes <= k_found_bytes) entry.emplace(key, OwnedBytes(value->begin(), value->end()));
    }));
    TRY_OK(check_found(bytes));
  }
  return found;
}

Result<Snapshot> Reader::snapshot(Item item) {
  const sqlite::Use statement(snapshot_);
  statement->bind(1, item.bucket).bind(2, item.key);
  TRY(const sqlite::Step step, statement->step());
  Snapshot seen{std::string(item.bucket), std::string(item.key), "0", {}};
  if (step == sqlite::Step::row) {
    const auto value = statement->blob(1);
    seen.version = fmt::to_string(statement->number(0));
    seen.value.emplace(value.begin(), value.end());
  }
  return seen;
}

}  // namespace weft::providers::keyvalue_sqlite
