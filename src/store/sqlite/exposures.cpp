// Exposures.
#include <string>

#include <boost/json/array.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include "store/failure.hpp"
#include "store/sqlite/stores.hpp"

namespace store::sqlite {
namespace {

using base::ErrorCode;
using base::Result;

#define HELIX_EXPOSURE_COLUMNS                                     \
  "session, port, owner, protocol, name, visibility, created_at, " \
  "host_header, allow_cidrs, allocated_port"

std::string encode_texts(const std::vector<std::string>& texts) {
  boost::json::array array;
  for (const auto& text : texts) array.emplace_back(text);
  return boost::json::serialize(array);
}

/// Throws where it is not what encode_texts() wrote: a rule about who may come is never read as "everybody".
std::vector<std::string> decode_texts(const std::string& text) {
  boost::system::error_code error;
  const auto value = boost::json::parse(text, error);
  std::vector<std::string> out;
  if (error || !value.is_array()) throw ReadFailure("exposures.allow_cidrs is no JSON array");
  for (const auto& item : value.get_array()) {
    if (!item.is_string()) throw ReadFailure("exposures.allow_cidrs holds something else than strings");
    out.emplace_back(item.get_string());
  }
  return out;
}

ExposureRecord exposure_at(const Statement& row) {
  ExposureRecord out;
  out.session = wire::SessionId::trusted(row.get_text(0));
  out.port = static_cast<std::uint16_t>(row.get_integer(1));
  out.owner = wire::UserId::trusted(row.get_text(2));
  out.protocol = row.get_text(3);
  out.name = row.get_text(4);
  out.visibility = row.get_text(5);
  out.created_at = row.get_time(6);
  out.host_header = row.get_text(7);
  out.allow_cidrs = decode_texts(row.get_text(8));
  if (!row.is_null(9)) out.allocated_port = static_cast<std::uint16_t>(row.get_integer(9));
  return out;
}

bool same_values(const ExposureRecord& a, const ExposureRecord& b) {
  return a.protocol == b.protocol && a.name == b.name && a.visibility == b.visibility &&
         a.host_header == b.host_header && a.allow_cidrs == b.allow_cidrs;
}

/// Fails with conflict where another exposure has the name or the allocated port.
Result<void> check_unique(Database& database, const ExposureRecord& exposure) {
  auto same_name = database.statement("SELECT session, port FROM exposures WHERE owner = ? AND name = ?");
  if (!exposure.name.empty() && same_name.text(exposure.owner.text()).text(exposure.name).next()) {
    return base::fail(ErrorCode::conflict, "the name " + exposure.name + " is taken by port " +
                                               std::to_string(same_name.get_integer(1)) + " of session " +
                                               same_name.get_text(0));
  }
  auto same_allocated = database.statement("SELECT 1 FROM exposures WHERE allocated_port = ?");
  if (exposure.allocated_port != 0 && same_allocated.integer(exposure.allocated_port).next()) {
    return base::fail(ErrorCode::conflict,
                      "another exposure has port " + std::to_string(exposure.allocated_port));
  }
  return {};
}

Result<void> insert_row(Database& database, const ExposureRecord& exposure) {
  auto insert = database.statement("INSERT INTO exposures (" HELIX_EXPOSURE_COLUMNS
                                   ") VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
  insert.text(exposure.session.text()).integer(exposure.port).text(exposure.owner.text());
  insert.text(exposure.protocol);
  insert.text_or_null(exposure.name.empty() ? std::nullopt : std::optional(exposure.name));
  insert.text(exposure.visibility).time(exposure.created_at).text(exposure.host_header);
  insert.text(encode_texts(exposure.allow_cidrs));
  if (exposure.allocated_port == 0) insert.null();
  if (exposure.allocated_port != 0) insert.integer(exposure.allocated_port);
  return insert.run();
}

Result<ExposureStore::Added> insert_exposure(Database& database, const ExposureRecord& exposure,
                                             std::int64_t most) {
  auto same_port =
      database.statement("SELECT " HELIX_EXPOSURE_COLUMNS " FROM exposures WHERE session = ? AND port = ?");
  if (same_port.text(exposure.session.text()).integer(exposure.port).next()) {
    const auto there = exposure_at(same_port);
    if (same_values(there, exposure)) return ExposureStore::Added{there, false};
    return base::fail(ErrorCode::conflict, "port " + std::to_string(exposure.port) +
                                               " is exposed with other values: unexpose it first");
  }
  const auto unique = check_unique(database, exposure);
  if (!unique) return tl::unexpected(unique.error());
  auto count = database.statement("SELECT count(*) FROM exposures WHERE session = ?");
  count.text(exposure.session.text()).next();
  if (count.get_integer(0) >= most) {
    return base::fail(ErrorCode::too_many, "the session has " + std::to_string(most) +
                                               " exposures, which is the limit: unexpose one first");
  }
  const auto done = insert_row(database, exposure);
  if (!done && done.error().code() == ErrorCode::conflict)
    return base::fail(ErrorCode::not_found, "no such session");
  if (!done) return tl::unexpected(done.error());
  return ExposureStore::Added{exposure, true};
}

}  // namespace

std::vector<ExposureRecord> SqliteExposures::list_exposures(const wire::SessionId& session) {
  auto query = connections_.reader().statement("SELECT " HELIX_EXPOSURE_COLUMNS
                                               " FROM exposures WHERE session = ? ORDER BY port");
  query.text(session.text());
  std::vector<ExposureRecord> out;
  while (query.next()) out.push_back(exposure_at(query));
  return out;
}

std::optional<ExposureRecord> SqliteExposures::find_exposure(const wire::SessionId& session,
                                                             std::uint16_t port) {
  auto query = connections_.reader().statement("SELECT " HELIX_EXPOSURE_COLUMNS
                                               " FROM exposures WHERE session = ? AND port = ?");
  if (!query.text(session.text()).integer(port).next()) return std::nullopt;
  return exposure_at(query);
}

std::optional<ExposureRecord> SqliteExposures::find_exposure(const wire::SessionId& session,
                                                             const std::string& name) {
  auto query = connections_.reader().statement("SELECT " HELIX_EXPOSURE_COLUMNS
                                               " FROM exposures WHERE session = ? AND name = ?");
  if (!query.text(session.text()).text(name).next()) return std::nullopt;
  return exposure_at(query);
}

std::optional<ExposureRecord> SqliteExposures::find_allocated(std::uint16_t allocated_port) {
  auto query = connections_.reader().statement("SELECT " HELIX_EXPOSURE_COLUMNS
                                               " FROM exposures WHERE allocated_port = ?");
  if (!query.integer(allocated_port).next()) return std::nullopt;
  return exposure_at(query);
}

std::vector<ExposureRecord> SqliteExposures::list_allocated() {
  auto query = connections_.reader().statement(
      "SELECT " HELIX_EXPOSURE_COLUMNS
      " FROM exposures WHERE allocated_port IS NOT NULL ORDER BY allocated_port");
  std::vector<ExposureRecord> out;
  while (query.next()) out.push_back(exposure_at(query));
  return out;
}

io::Task<Result<ExposureStore::Added>> SqliteExposures::add_exposure(ExposureRecord exposure,
                                                                     std::int64_t most) {
  std::function<Result<Added>(Database&)> work = [exposure, most](Database& database) {
    return insert_exposure(database, exposure, most);
  };
  return connections_.write(std::move(work));
}

io::Task<Result<void>> SqliteExposures::remove_exposure(wire::SessionId session, std::uint16_t port) {
  std::function<Result<void>(Database&)> work = [session, port](Database& database) -> Result<void> {
    auto remove = database.statement("DELETE FROM exposures WHERE session = ? AND port = ?");
    auto done = remove.text(session.text()).integer(port).run();
    if (done && database.changes() == 0)
      return base::fail(ErrorCode::not_found, "port " + std::to_string(port) + " is not exposed");
    return done;
  };
  return connections_.write(std::move(work));
}

}  // namespace store::sqlite
