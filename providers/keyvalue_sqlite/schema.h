// What the database file looks like, and how an older one becomes the present one.
#pragma once
#include "base/result.h"
#include "providers/keyvalue_sqlite/sqlite.h"

namespace weft::providers::keyvalue_sqlite {

// Makes a new file a key-value database of ours, or an older one of ours the present one; durable
// on return. invalid: a database of somebody else, or one that a newer Weft wrote.
Result<> prepare_schema(Database& database, const std::filesystem::path& path);

}  // namespace weft::providers::keyvalue_sqlite
