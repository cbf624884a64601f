#include "providers/keyvalue_sqlite/keyvalue_sqlite.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

#include "contracts/keyvalue/capabilities.h"
#include "providers/keyvalue_sqlite/shard.h"

namespace weft::providers::keyvalue_sqlite {
namespace {

// Letters, digits, '-', '_' and '.' stay (but no leading '.'); every other byte becomes %XX: no id
// leaves the folder.
std::string file_name(std::string_view id) {
  std::string name;
  for (const char c : id) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       c == '-' || c == '_' || (c == '.' && !name.empty());
    if (plain) {
      name.push_back(c);
    } else {
      fmt::format_to(std::back_inserter(name), "%{:02X}", static_cast<unsigned char>(c));
    }
  }
  return name + ".db";
}

// SQLite makes its own files durable; that the folder and the names in it are, too, is up to us.
void sync_folder(const std::filesystem::path& folder) {
  const int descriptor = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (descriptor < 0) return;
  ::fsync(descriptor);
  ::close(descriptor);
}

Result<> prepare_folder(const std::filesystem::path& folder) {
  std::error_code error;
  if (!std::filesystem::is_directory(folder, error)) {
    if (std::filesystem::exists(folder, error)) {
      return fail(Errc::invalid, fmt::format("{} is not a folder", folder.string()));
    }
    if (folder.has_parent_path()) std::filesystem::create_directories(folder.parent_path(), error);
    if (::mkdir(folder.c_str(), S_IRWXU) != 0 && errno != EEXIST) {
      return fail(Errc::denied, fmt::format("the folder {} cannot be made: {}", folder.string(),
                                            std::generic_category().message(errno)));
    }
    sync_folder(folder.parent_path());
  }
  if (::access(folder.c_str(), W_OK | X_OK) != 0) {
    return fail(Errc::denied, fmt::format("the folder {} cannot be written: {}", folder.string(),
                                          std::generic_category().message(errno)));
  }
  return {};
}

}  // namespace

Result<std::unique_ptr<KeyValueSqlite>> KeyValueSqlite::start(
    const KeyValueSqliteSettings& settings, const Clock& clock, Log& log) {
  if (settings.id.empty())
    return fail(Errc::invalid, "a key-value provider needs an id to name its file");
  TRY_OK(prepare_folder(settings.folder));
  auto path = settings.folder / file_name(settings.id);
  TRY(auto lock, FileLock::take(path));
  TRY(auto store, Store::open(path));
  sync_folder(settings.folder);
  return std::unique_ptr<KeyValueSqlite>(new KeyValueSqlite(
      std::move(path), std::move(lock), {std::move(store), settings.limits, clock, log}));
}

Result<std::unique_ptr<contracts::Endpoint>> KeyValueSqlite::open(
    boost::asio::io_context::executor_type executor, const contracts::Settings&) {
  TRY(auto reader, Reader::open(path_));
  return std::make_unique<KeyValueSqliteEndpoint>(std::move(reader), writer_, std::move(executor));
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
