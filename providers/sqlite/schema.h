// What a database file of ours looks like, and how an older one becomes the present one.
#pragma once
#include <filesystem>
#include <span>
#include <string_view>

#include "base/result.h"
#include "providers/sqlite/sqlite.h"

namespace weft::providers::sqlite {

struct Schema {
  std::int64_t application;  // four letters: tells the files of one kind from all others
  std::string_view what;     // "key-value store", for people
  // Step i leads from version i to version i + 1. A step that was released is never edited.
  std::span<const char* const> steps;
};

// Makes a new file a database of that kind, or an older one of ours the present one; durable on
// return. invalid: a database of somebody else, or one that a newer Weft wrote.
Result<> prepare_schema(Database& database, const std::filesystem::path& path,
                        const Schema& schema);

}  // namespace weft::providers::sqlite
