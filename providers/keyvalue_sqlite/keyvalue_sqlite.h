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
#include "providers/keyvalue_sqlite/file_lock.h"
#include "providers/keyvalue_sqlite/writer.h"

namespace weft::providers::keyvalue_sqlite {

struct KeyValueSqliteSettings {
  std::filesystem::path folder;  // made, for the owner only, when it is not there
  std::string id;                // of the provider: names the file, `<id>.db`
  WriterLimits limits = {};
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
  const std::filesystem::path& path() const noexcept { return path_; }

 private:
  KeyValueSqlite(std::filesystem::path path, FileLock lock, Writer::Setup setup)
      : path_(std::move(path)), lock_(std::move(lock)), writer_(std::move(setup)) {}

  const std::filesystem::path path_;
  const FileLock lock_;
  Writer writer_;
};

// "weft:keyvalue-sqlite".
const contracts::ProviderKind& kind();

}  // namespace weft::providers::keyvalue_sqlite
