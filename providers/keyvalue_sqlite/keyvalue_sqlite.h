// Key-value on SQLite: one database file per provider. A write is answered after the fdatasync that
// covers it; a read sees every write that was answered before it. A bucket exists from its first
// write on, whatever its name.
#pragma once
#include <boost/asio/io_context.hpp>
#include <filesystem>
#include <memory>
#include <string>

#include "base/clock.h"
#include "base/log.h"
#include "base/result.h"
#include "contracts/provider.h"
#include "providers/keyvalue_sqlite/store.h"
#include "providers/sqlite/file.h"
#include "providers/sqlite/writer.h"

namespace weft::providers::keyvalue_sqlite {

struct KeyValueSqliteSettings {
  std::filesystem::path folder;  // made, for the owner only, when it is not there
  std::string id;                // of the provider: names the file, `<id>.db`
  sqlite::WriterLimits limits = {};
};

// Made and closed by the host; owns the writer's thread. Outlives its shards.
class KeyValueSqlite final : public contracts::Provider {
 public:
  // Blocks for the disk. conflict: another host holds the file. denied: the folder or file cannot
  // be written. invalid: the file is damaged, of another program or of a newer Weft. exhausted: the
  // disk is full. All name the path. `clock` and `log` outlive this.
  static Result<std::unique_ptr<KeyValueSqlite>> start(const KeyValueSqliteSettings& settings,
                                                       const Clock& clock, Log& log);

  // Serves weft:keyvalue/store. There are no settings. Any thread.
  Result<std::unique_ptr<contracts::Endpoint>> open(boost::asio::io_context::executor_type executor,
                                                    const contracts::Settings& settings) override;
  // Finishes what waits and ends the writer's thread: later writes are answered `unavailable`,
  // reads go on. Blocks for a commit or two. The answers are posted when this returns.
  void close() override { writer_.close(); }
  const std::filesystem::path& path() const noexcept { return file_.path(); }

 private:
  KeyValueSqlite(sqlite::File file, Store store, sqlite::WriterLimits limits, const Clock& clock,
                 Log& log)
      : file_(std::move(file)),
        store_(std::move(store)),
        writer_({.store = store_,
                 .what = "key-value store",
                 .limits = limits,
                 .clock = clock,
                 .log = log}) {}

  const sqlite::File file_;
  Store store_;  // the writer's thread only
  sqlite::Writer writer_;
};

// "weft:keyvalue-sqlite".
const contracts::ProviderKind& kind();

}  // namespace weft::providers::keyvalue_sqlite
