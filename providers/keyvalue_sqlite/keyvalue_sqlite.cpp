#include "providers/keyvalue_sqlite/keyvalue_sqlite.h"

#include "contracts/keyvalue/capabilities.h"
#include "providers/keyvalue_sqlite/shard.h"

namespace weft::providers::keyvalue_sqlite {
Result<std::unique_ptr<KeyValueSqlite>> KeyValueSqlite::start(
    const KeyValueSqliteSettings& settings, const Clock& clock, Log& log) {
  TRY(auto file, sqlite::File::take(settings.folder, settings.id));
  TRY(auto store, Store::open(file.path()));
  file.sync_folder();
  return std::unique_ptr<KeyValueSqlite>(
      new KeyValueSqlite(std::move(file), std::move(store), settings.limits, clock, log));
}

Result<std::unique_ptr<contracts::Endpoint>> KeyValueSqlite::open(
    boost::asio::io_context::executor_type executor, const contracts::Settings&) {
  TRY(auto reader, Reader::open(path()));
  return std::make_unique<KeyValueSqliteEndpoint>(std::move(reader), store_, writer_,
                                                  std::move(executor));
}

const contracts::ProviderKind& kind() {
  static const contracts::ProviderKind one{
      .info = {.name = contracts::keyvalue::k_sqlite.provider,
               .what = "keeps keys and values in a file, durably",
               .aliases = {},
               .serves = contracts::keyvalue::k_served,
               .calls = {},
               .keys = {}},
      .succession = contracts::Succession::after_close,
      .start = [](const contracts::ProviderStart& start)
          -> Result<std::unique_ptr<contracts::Provider>> {
        return KeyValueSqlite::start({.folder = start.state, .id = start.id.str()}, start.clock,
                                     start.log);
      }};
  return one;
}

}  // namespace weft::providers::keyvalue_sqlite
