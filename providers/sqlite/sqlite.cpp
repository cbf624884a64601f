#include "providers/sqlite/sqlite.h"

#include <fmt/format.h>
#include <sqlite3.h>

#include <string>
#include <utility>

namespace weft::providers::sqlite {
namespace {

Error explain(int code, const std::string& path, const char* detail) {
  switch (code & 0xff) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return {Errc::conflict, fmt::format("{} is in use by another process", path)};
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      return {
          Errc::invalid,
          fmt::format("{} is damaged or is no database ({}); restore it from a backup, or move it "
                      "away to start empty",
                      path, detail)};
    case SQLITE_FULL:
      return {Errc::exhausted, fmt::format("the disk that holds {} is full", path)};
    case SQLITE_NOMEM:
    case SQLITE_TOOBIG:
      return {Errc::exhausted, fmt::format("{}: {}", path, detail)};
    case SQLITE_READONLY:
    case SQLITE_PERM:
    case SQLITE_AUTH:
    case SQLITE_CANTOPEN:
      return {Errc::denied, fmt::format("{} cannot be opened for writing ({})", path, detail)};
    case SQLITE_IOERR:
      return {Errc::unavailable, fmt::format("reading or writing {} failed ({})", path, detail)};
    default:
      return {Errc::internal, fmt::format("{}: SQLite answered {} ({})", path, code, detail)};
  }
}

}  // namespace

struct Database::State {
  sqlite3* handle = nullptr;
  std::string path;
  int frames = 0;

  ~State() { sqlite3_close_v2(handle); }
};

Database::Database(std::unique_ptr<State> state) : state_(std::move(state)) {}
Database::Database(Database&&) noexcept = default;
Database::~Database() = default;

Result<Database> Database::open(const std::filesystem::path& path, Access access) {
  auto state = std::make_unique<State>();
  state->path = path.string();
  const int flags = (access == Access::write ? SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE
                                             : SQLITE_OPEN_READONLY) |
                    SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE;
  const int code = sqlite3_open_v2(state->path.c_str(), &state->handle, flags, "unix-excl");
  if (code != SQLITE_OK) return std::unexpected(explain(code, state->path, sqlite3_errstr(code)));
  // Checkpoints come when the writer chooses. Turning off SQLite's own removes the hook, too, here
  // and in `PRAGMA wal_autocheckpoint`: so it comes first.
  sqlite3_wal_autocheckpoint(state->handle, 0);
  sqlite3_wal_hook(
      state->handle,
      [](void* context, sqlite3*, const char*, int frames) {
        static_cast<State*>(context)->frames = frames;
        return SQLITE_OK;
      },
      state.get());
  // What the file says is not trusted to name functions of ours.
  sqlite3_db_config(state->handle, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
  sqlite3_db_config(state->handle, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, nullptr);
  return Database(std::move(state));
}

Error Database::error(int code) const {
  return explain(code, state_->path, sqlite3_errmsg(state_->handle));
}

Result<> Database::run(const char* sql) {
  const int code = sqlite3_exec(state_->handle, sql, nullptr, nullptr, nullptr);
  if (code != SQLITE_OK) return std::unexpected(error(code));
  return {};
}

Result<Statement> Database::prepare(std::string_view sql) {
  sqlite3_stmt* statement = nullptr;
  const int code = sqlite3_prepare_v3(state_->handle, sql.data(), static_cast<int>(sql.size()),
                                      SQLITE_PREPARE_PERSISTENT, &statement, nullptr);
  if (code != SQLITE_OK) return std::unexpected(error(code));
  return Statement(statement);
}

Result<std::int64_t> Database::number(std::string_view sql) {
  TRY(auto statement, prepare(sql));
  TRY(const Step step, statement.step());
  if (step != Step::row)
    return fail(Errc::internal, fmt::format("{}: no row from {}", state_->path, sql));
  return statement.number(0);
}

Result<bool> Database::answers(std::string_view sql, std::string_view expected) {
  TRY(auto statement, prepare(sql));
  TRY(const Step step, statement.step());
  return step == Step::row && statement.text(0) == expected;
}

bool Database::in_transaction() const { return sqlite3_get_autocommit(state_->handle) == 0; }

Result<> Database::checkpoint() {
  int in_wal = 0, moved = 0;
  const int code = sqlite3_wal_checkpoint_v2(state_->handle, nullptr, SQLITE_CHECKPOINT_PASSIVE,
                                             &in_wal, &moved);
  // A reader in the middle of something only means that some of it is left for the next time.
  if (code != SQLITE_OK && code != SQLITE_BUSY) return std::unexpected(error(code));
  state_->frames = in_wal - moved;
  return {};
}

int Database::wal_frames() const { return state_->frames; }

Statement::Statement(sqlite3_stmt* statement) : statement_(statement) {}
Statement::Statement(Statement&& other) noexcept
    : statement_(std::exchange(other.statement_, nullptr)) {}
Statement& Statement::operator=(Statement&& other) noexcept {
  std::swap(statement_, other.statement_);
  return *this;
}
Statement::~Statement() { sqlite3_finalize(statement_); }

Statement& Statement::bind(int parameter, std::string_view text) {
  // A null pointer would bind NULL, which is not the empty text.
  sqlite3_bind_text64(statement_, parameter, text.data() == nullptr ? "" : text.data(), text.size(),
                      SQLITE_STATIC, SQLITE_UTF8);
  return *this;
}

Statement& Statement::bind(int parameter, std::span<const std::byte> blob) {
  if (blob.empty()) {
    sqlite3_bind_zeroblob(statement_, parameter, 0);
  } else {
    sqlite3_bind_blob64(statement_, parameter, blob.data(), blob.size(), SQLITE_STATIC);
  }
  return *this;
}

Statement& Statement::bind(int parameter, std::int64_t number) {
  sqlite3_bind_int64(statement_, parameter, number);
  return *this;
}

Result<Step> Statement::step() {
  const int code = sqlite3_step(statement_);
  if (code == SQLITE_ROW) return Step::row;
  if (code == SQLITE_DONE) return Step::done;
  sqlite3* handle = sqlite3_db_handle(statement_);
  return std::unexpected(
      explain(code, sqlite3_db_filename(handle, nullptr), sqlite3_errmsg(handle)));
}

Result<> Statement::run() {
  const Use use(*this);
  for (;;) {
    TRY(const Step step, this->step());
    if (step == Step::done) return {};
  }
}

void Statement::reset() noexcept {
  sqlite3_reset(statement_);
  sqlite3_clear_bindings(statement_);
}

std::string_view Statement::text(int column) const {
  // blob() reads text as it lies, of which embedded zero bytes are a part.
  const auto* data = static_cast<const char*>(sqlite3_column_blob(statement_, column));
  return {data, static_cast<std::size_t>(sqlite3_column_bytes(statement_, column))};
}

std::span<const std::byte> Statement::blob(int column) const {
  const auto* data = static_cast<const std::byte*>(sqlite3_column_blob(statement_, column));
  return {data, static_cast<std::size_t>(sqlite3_column_bytes(statement_, column))};
}

std::int64_t Statement::number(int column) const {
  return sqlite3_column_int64(statement_, column);
}

}  // namespace weft::providers::sqlite
