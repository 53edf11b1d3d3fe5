/// One table ErrorCode ↔ HTTP status ↔ exit status, and problem documents (RFC 9457), for all programs.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"

namespace wire {

[[nodiscard]] int http_status(base::ErrorCode code);
/// The code that an answer with this status stands for; internal for a status that is none of ours.
[[nodiscard]] base::ErrorCode code_of_status(int status);
/// Exit status of a command that ended with this error: 2 to 9, never 0.
[[nodiscard]] int exit_status(base::ErrorCode code);
/// What kind of failure it was, for people: "Not found".
[[nodiscard]] std::string_view title_of(base::ErrorCode code);

struct BrokenRule {
  std::string field;
  std::string rule;
};

/// Body of an answer that tells a failure; content type application/problem+json.
struct Problem {
  int status = 500;
  base::ErrorCode code = base::ErrorCode::internal;
  std::string title;
  std::string detail;
  std::vector<BrokenRule> errors;
  std::string request_id;
};

inline constexpr std::string_view kProblemType = "application/problem+json";

[[nodiscard]] Problem make_problem(const base::Error& error);
[[nodiscard]] std::string encode(const Problem& problem);

/// The error that an answer tells. A body that is no problem document gives one made from the status alone.
[[nodiscard]] base::Error decode_problem(int status, std::string_view body);

}  // namespace wire
