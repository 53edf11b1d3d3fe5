#include "store/sqlite/database.hpp"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <sqlite3.h>
#include <unistd.h>

#include "store/failure.hpp"

namespace store::sqlite {

using base::ErrorCode;

Statement::~Statement() {
  if (statement_ == nullptr) return;
  sqlite3_reset(statement_);
  sqlite3_clear_bindings(statement_);
}

Statement::Statement(Statement&& other) noexcept
    : database_(other.database_), statement_(other.statement_), bound_(other.bound_) {
  other.statement_ = nullptr;
}

Statement& Statement::text(std::string_view value) {
  // A null pointer would bind NULL: an empty view may have one.
  const char* data = value.data() == nullptr ? "" : value.data();
  sqlite3_bind_text64(statement_, ++bound_, data, value.size(), SQLITE_TRANSIENT, SQLITE_UTF8);
  return *this;
}

Statement& Statement::text_or_null(const std::optional<std::string>& value) {
  return value ? text(*value) : null();
}

Statement& Statement::blob(std::string_view value) {
  sqlite3_bind_blob64(statement_, ++bound_, value.data(), value.size(), SQLITE_TRANSIENT);
  return *this;
}

Statement& Statement::integer(std::int64_t value) {
  sqlite3_bind_int64(statement_, ++bound_, value);
  return *this;
}

Statement& Statement::time_or_null(const std::optional<base::Time>& value) {
  return value ? time(*value) : null();
}

Statement& Statement::null() {
  sqlite3_bind_null(statement_, ++bound_);
  return *this;
}

base::Result<bool> Statement::step() {
  const int result = sqlite3_step(statement_);
  if (result == SQLITE_ROW) return true;
  if (result == SQLITE_DONE) return false;
  return tl::unexpected(database_->error());
}

base::Result<void> Statement::run() {
  const auto stepped = step();
  if (!stepped) return tl::unexpected(stepped.error());
  return {};
}

bool Statement::next() {
  const auto stepped = step();
  if (!stepped) throw ReadFailure(stepped.error().message());
  return *stepped;
}

std::string Statement::get_text(int column) const { return get_blob(column); }

std::string Statement::get_blob(int column) const {
  const auto* data = static_cast<const char*>(sqlite3_column_blob(statement_, column));
  if (data == nullptr) return {};
  return {data, static_cast<std::size_t>(sqlite3_column_bytes(statement_, column))};
}

std::int64_t Statement::get_integer(int column) const { return sqlite3_column_int64(statement_, column); }

base::Time Statement::get_time(int column) const {
  return base::Time(std::chrono::milliseconds(get_integer(column)));
}

bool Statement::is_null(int column) const { return sqlite3_column_type(statement_, column) == SQLITE_NULL; }

std::optional<std::string> Statement::get_optional_text(int column) const {
  if (is_null(column)) return std::nullopt;
  return get_text(column);
}

std::optional<base::Time> Statement::get_optional_time(int column) const {
  if (is_null(column)) return std::nullopt;
  return get_time(column);
}

base::Result<std::unique_ptr<Database>> Database::open(const std::filesystem::path& path, bool read_only) {
  if (!read_only) {
    // SQLite would make it readable for all.
    const int made = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (made < 0) return base::fail(ErrorCode::unavailable, path.string() + ": " + std::strerror(errno));
    ::close(made);
  }
  sqlite3* handle = nullptr;
  const int flags = (read_only ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE) | SQLITE_OPEN_NOMUTEX;
  const int result = sqlite3_open_v2(path.c_str(), &handle, flags, nullptr);
  std::unique_ptr<Database> database(new Database(handle));
  if (result != SQLITE_OK)
    return base::fail(ErrorCode::unavailable, path.string() + ": " + sqlite3_errmsg(handle));

  sqlite3_extended_result_codes(handle, 1);
  sqlite3_busy_timeout(handle, 5000);  // milliseconds; only a backup tool beside us can hold the file. Chosen
  auto ready = database->execute("PRAGMA foreign_keys = ON; PRAGMA synchronous = FULL;");
  if (ready && !read_only) ready = database->execute("PRAGMA journal_mode = WAL;");
  if (!ready) return base::fail(ErrorCode::unavailable, path.string() + ": " + ready.error().message());
  return database;
}

Database::~Database() {
  for (const auto& [sql, statement] : cache_) sqlite3_finalize(statement);
  sqlite3_close(handle_);
}

Statement Database::statement(std::string_view sql) {
  auto found = cache_.find(sql);
  if (found == cache_.end()) {
    sqlite3_stmt* prepared = nullptr;
    const int size = static_cast<int>(sql.size());
    if (sqlite3_prepare_v3(handle_, sql.data(), size, SQLITE_PREPARE_PERSISTENT, &prepared, nullptr) !=
        SQLITE_OK)
      throw ReadFailure(error().message());
    found = cache_.emplace(sql, prepared).first;
  }
  return {*this, found->second};
}

base::Result<void> Database::execute(const std::string& sql) {
  if (sqlite3_exec(handle_, sql.c_str(), nullptr, nullptr, nullptr) != SQLITE_OK)
    return tl::unexpected(error());
  return {};
}

std::int64_t Database::changes() const { return sqlite3_changes64(handle_); }

base::Error Database::error() const {
  const std::string message = std::string("database: ") + sqlite3_errmsg(handle_);
  switch (sqlite3_errcode(handle_) & 0xff) {
    case SQLITE_CONSTRAINT: return {ErrorCode::conflict, message};
    case SQLITE_FULL:
    case SQLITE_BUSY:
    case SQLITE_LOCKED: return {ErrorCode::unavailable, message};
    default: return {ErrorCode::internal, message};
  }
}

base::Result<std::unique_ptr<Transaction>> Transaction::begin(Database& database) {
  const auto begun = database.execute("BEGIN IMMEDIATE");
  if (!begun) return tl::unexpected(begun.error());
  return std::unique_ptr<Transaction>(new Transaction(database));
}

Transaction::~Transaction() {
  // Rolling back can only fail when SQLite has rolled back by itself.
  if (open_) [[maybe_unused]]
    const auto rolled_back = database_.execute("ROLLBACK");
}

base::Result<void> Transaction::commit() {
  auto committed = database_.execute("COMMIT");
  if (committed) open_ = false;
  return committed;
}

}  // namespace store::sqlite
