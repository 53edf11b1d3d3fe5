/// Error values shared by every layer. An Error is data, not control flow.
#pragma once

#include <string>
#include <string_view>

#include <tl/expected.hpp>

namespace base {

/// What kind of failure it was; decides the HTTP status and whether a retry can help.
/// The table code → HTTP status → exit status is in wire/error_table.hpp.
enum class ErrorCode {
  malformed,         // not what the syntax allows: 400
  invalid_argument,  // well formed, but a value breaks a rule: 422
  unauthenticated,
  forbidden,
  not_found,
  conflict,
  too_large,
  too_many,
  timed_out,
  unavailable,  // not there now; a retry can help
  peer_closed,  // the other side ended in the middle
  internal
};

/// A failure that the caller is expected to handle.
/// Not an aggregate on purpose: g++ 12 destroys aggregate temporaries twice inside a co_await expression.
class Error {
 public:
  Error(ErrorCode code, std::string message, std::string field = {})
      : code_(code), message_(std::move(message)), field_(std::move(field)) {}
  [[nodiscard]] ErrorCode code() const { return code_; }
  [[nodiscard]] const std::string& message() const { return message_; }
  /// The input field that broke a rule, empty where there is none; the message is the rule then.
  [[nodiscard]] const std::string& field() const { return field_; }

 private:
  ErrorCode code_;
  std::string message_;  // for people; lower case, no full stop
  std::string field_;
};

template <class T>
using Result = tl::expected<T, Error>;

/// Builds the unexpected value to return: `return fail(ErrorCode::not_found, "no session ses_1");`
[[nodiscard]] tl::unexpected<Error> fail(ErrorCode code, std::string message);
/// The same for one field: `return fail_field("port", "must be between 1 and 65535");` is an
/// invalid_argument.
[[nodiscard]] tl::unexpected<Error> fail_field(std::string field, std::string rule);

/// Wire spelling, e.g. "not_found".
[[nodiscard]] std::string_view to_string(ErrorCode code);

}  // namespace base
