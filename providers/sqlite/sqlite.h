// SQLite as values: a connection, a statement, an error. The only file that includes sqlite3.h is
// sqlite.cpp.
#pragma once
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string_view>

#include "base/result.h"

struct sqlite3;
struct sqlite3_stmt;

namespace weft::providers::sqlite {

enum class Access { read, write };
enum class Step { row, done };

class Statement;

// One connection, used by one thread at a time. All connections of this process share one exclusive
// hold on the file (SQLite's `unix-excl`): no other process can open it, and the WAL index lives on
// the heap, so that reads need no system call for locks.
class Database final {
 public:
  // conflict: another process holds the file. denied: it cannot be read or written. invalid: it is
  // no database or is damaged. exhausted: the disk is full. Each message names the path.
  static Result<Database> open(const std::filesystem::path& path, Access access);
  Database(Database&&) noexcept;
  Database& operator=(Database&&) = delete;
  ~Database();

  // One or more statements without parameters or interest in rows.
  Result<> run(const char* sql);
  Result<Statement> prepare(std::string_view sql);
  // The first column of the first row, which must be there.
  Result<std::int64_t> number(std::string_view sql);
  // Whether the first column of the first row is this text.
  Result<bool> answers(std::string_view sql, std::string_view expected);

  // Whether a transaction is open. SQLite may end one by itself after a grave error.
  bool in_transaction() const;
  // Moves committed pages from the WAL to the database and lets the WAL start over, as far as
  // readers allow.
  Result<> checkpoint();
  // Frames in the WAL after the last commit, since it last started over.
  int wal_frames() const;

  // The sentence for the last error, told by its code.
  Error error(int code) const;

 private:
  struct State;
  explicit Database(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

// A prepared statement. Parameters count from 1, columns from 0. What is bound is not copied: it
// must live until the statement is reset.
class Statement final {
 public:
  Statement() = default;
  explicit Statement(sqlite3_stmt* statement);
  Statement(Statement&& other) noexcept;
  Statement& operator=(Statement&& other) noexcept;
  ~Statement();

  Statement& bind(int parameter, std::string_view text);
  Statement& bind(int parameter, std::span<const std::byte> blob);
  Statement& bind(int parameter, std::int64_t number);

  Result<Step> step();
  // Steps to the end and resets.
  Result<> run();
  // Ends the read that a row keeps open, and forgets what was bound.
  void reset() noexcept;

  // Views: valid until the next step or reset.
  std::string_view text(int column) const;
  std::span<const std::byte> blob(int column) const;
  std::int64_t number(int column) const;

 private:
  sqlite3_stmt* statement_ = nullptr;
};

// Resets a statement when the scope ends.
class Use final {
 public:
  explicit Use(Statement& statement) : statement_(statement) {}
  Use(const Use&) = delete;
  Use& operator=(const Use&) = delete;
  ~Use() { statement_.reset(); }
  Statement* operator->() const { return &statement_; }

 private:
  Statement& statement_;
};

}  // namespace weft::providers::sqlite
