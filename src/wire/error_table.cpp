#include "wire/error_table.hpp"

#include <array>
#include <optional>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include "wire/json_object.hpp"

namespace wire {
namespace {

using base::ErrorCode;

struct Row {
  ErrorCode code;
  int status;
  int exit;
  std::string_view title;
};

// Exit 1 is left to "something else went wrong", 255 to a lost exec connection.
constexpr std::array kTable{
    Row{ErrorCode::malformed, 400, 2, "Malformed request"},
    Row{ErrorCode::invalid_argument, 422, 2, "Invalid value"},
    Row{ErrorCode::unauthenticated, 401, 3, "Not authenticated"},
    Row{ErrorCode::forbidden, 403, 4, "Forbidden"},
    Row{ErrorCode::not_found, 404, 5, "Not found"},
    Row{ErrorCode::conflict, 409, 6, "Conflict"},
    Row{ErrorCode::too_large, 413, 7, "Too large"},
    Row{ErrorCode::too_many, 429, 7, "Too many"},
    Row{ErrorCode::timed_out, 504, 8, "Timed out"},
    Row{ErrorCode::unavailable, 503, 9, "Unavailable"},
    Row{ErrorCode::peer_closed, 502, 9, "Connection lost"},
    Row{ErrorCode::internal, 500, 10, "Internal error"},
};

const Row& row_of(ErrorCode code) {
  for (const auto& row : kTable) {
    if (row.code == code) return row;
  }
  return kTable.back();
}

std::string text_at(const boost::json::object& object, std::string_view key) {
  const auto* value = object.if_contains(key);
  if (value == nullptr || !value->is_string()) return {};
  return std::string(value->get_string());
}

std::optional<ErrorCode> code_named(std::string_view name) {
  for (const auto& row : kTable) {
    if (base::to_string(row.code) == name) return row.code;
  }
  return std::nullopt;
}

}  // namespace

int http_status(ErrorCode code) { return row_of(code).status; }

ErrorCode code_of_status(int status) {
  if (status == 408) return ErrorCode::timed_out;
  if (status == 414 || status == 431) return ErrorCode::too_large;
  for (const auto& row : kTable) {
    if (row.status == status) return row.code;
  }
  if (status >= 400 && status < 500) return ErrorCode::malformed;
  return ErrorCode::internal;
}

int exit_status(ErrorCode code) { return row_of(code).exit; }

std::string_view title_of(ErrorCode code) { return row_of(code).title; }

Problem make_problem(const base::Error& error) {
  const auto& row = row_of(error.code());
  Problem problem{row.status, row.code, std::string(row.title), error.message(), {}, {}};
  if (!error.field().empty()) {
    problem.detail = error.field() + ": " + error.message();
    problem.errors.push_back({error.field(), error.message()});
  }
  return problem;
}

std::string encode(const Problem& problem) {
  boost::json::object object{{"type", "about:blank"}, {"title", problem.title}, {"status", problem.status}};
  object["code"] = base::to_string(problem.code);
  if (!problem.detail.empty()) object["detail"] = problem.detail;
  if (!problem.errors.empty()) {
    boost::json::array errors;
    for (const auto& broken : problem.errors)
      errors.push_back(boost::json::object{{"field", broken.field}, {"rule", broken.rule}});
    object["errors"] = std::move(errors);
  }
  if (!problem.request_id.empty()) object["request_id"] = problem.request_id;
  return boost::json::serialize(object);
}

base::Error decode_problem(int status, std::string_view body) {
  const auto fallback = [status] {
    return base::Error(code_of_status(status), "answered with status " + std::to_string(status));
  };
  const auto object = parse_json_object(body);
  if (!object) return fallback();

  const auto code = code_named(text_at(*object, "code")).value_or(code_of_status(status));
  std::string field;
  std::string rule;
  const auto* errors = object->if_contains("errors");
  if (errors != nullptr && errors->is_array() && !errors->get_array().empty() &&
      errors->get_array().front().is_object()) {
    field = text_at(errors->get_array().front().get_object(), "field");
    rule = text_at(errors->get_array().front().get_object(), "rule");
  }
  if (!field.empty() && !rule.empty()) return {code, rule, field};

  std::string message = text_at(*object, "detail");
  if (message.empty()) message = text_at(*object, "title");
  if (message.empty()) return fallback();
  return {code, std::move(message)};
}

}  // namespace wire
