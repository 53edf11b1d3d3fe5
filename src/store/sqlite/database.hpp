/// SQLite's C API with owners: a connection, cached statements, transactions. Errors become base::Error.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/clock.hpp"
#include "base/error.hpp"

struct sqlite3;
struct sqlite3_stmt;

namespace store::sqlite {

class Database;

/// A prepared statement in use; goes back to its connection's cache when it ends. Bind all, then step.
class Statement {
 public:
  Statement(Database& database, sqlite3_stmt* statement) : database_(&database), statement_(statement) {}
  ~Statement();
  Statement(Statement&& other) noexcept;
  Statement(const Statement&) = delete;
  Statement& operator=(const Statement&) = delete;
  Statement& operator=(Statement&&) = delete;

  /// In the order of the statement's question marks. Text is copied.
  Statement& text(std::string_view value);
  Statement& text_or_null(const std::optional<std::string>& value);
  Statement& blob(std::string_view value);
  Statement& integer(std::int64_t value);
  Statement& time(base::Time value) { return integer(value.time_since_epoch().count()); }
  Statement& time_or_null(const std::optional<base::Time>& value);
  Statement& null();

  /// True when there is a row. Fails as Database does.
  [[nodiscard]] base::Result<bool> step();
  /// For statements without rows.
  [[nodiscard]] base::Result<void> run();
  /// step() for reads: throws ReadFailure.
  bool next();

  [[nodiscard]] std::string get_text(int column) const;
  [[nodiscard]] std::string get_blob(int column) const;
  [[nodiscard]] std::int64_t get_integer(int column) const;
  [[nodiscard]] base::Time get_time(int column) const;
  [[nodiscard]] bool is_null(int column) const;
  [[nodiscard]] std::optional<std::string> get_optional_text(int column) const;
  [[nodiscard]] std::optional<base::Time> get_optional_time(int column) const;

 private:
  Database* database_;
  sqlite3_stmt* statement_;
  int bound_ = 0;
};

/// One connection. Not thread-safe: one thread at a time.
class Database {
 public:
  /// Creates the file (0600) where there is none, unless `read_only`. Fails with unavailable.
  static base::Result<std::unique_ptr<Database>> open(const std::filesystem::path& path, bool read_only);
  ~Database();
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;

  /// `sql` must be a literal: it is prepared once. Throws ReadFailure when it cannot be prepared.
  [[nodiscard]] Statement statement(std::string_view sql);
  /// Runs statements without parameters, prepared each time.
  [[nodiscard]] base::Result<void> execute(const std::string& sql);
  /// Rows that the last statement changed.
  [[nodiscard]] std::int64_t changes() const;
  /// conflict for broken uniqueness and references, unavailable for a full disk or a busy file, internal
  /// otherwise.
  [[nodiscard]] base::Error error() const;

 private:
  friend class Statement;
  explicit Database(sqlite3* handle) : handle_(handle) {}

  sqlite3* handle_;
  std::unordered_map<std::string_view, sqlite3_stmt*> cache_;
};

/// BEGIN IMMEDIATE … COMMIT; rolls back unless it was committed.
class Transaction {
 public:
  static base::Result<std::unique_ptr<Transaction>> begin(Database& database);
  ~Transaction();
  Transaction(const Transaction&) = delete;
  Transaction& operator=(const Transaction&) = delete;
  [[nodiscard]] base::Result<void> commit();

 private:
  explicit Transaction(Database& database) : database_(database) {}
  Database& database_;
  bool open_ = true;
};

}  // namespace store::sqlite
