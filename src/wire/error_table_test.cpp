#include "wire/error_table.hpp"

#include <array>

#include <gtest/gtest.h>

namespace wire {
namespace {

using base::ErrorCode;

constexpr std::array kCodes{ErrorCode::malformed,   ErrorCode::invalid_argument, ErrorCode::unauthenticated,
                            ErrorCode::forbidden,   ErrorCode::not_found,        ErrorCode::conflict,
                            ErrorCode::too_large,   ErrorCode::too_many,         ErrorCode::timed_out,
                            ErrorCode::unavailable, ErrorCode::peer_closed,      ErrorCode::internal};

TEST(ErrorTable, LeadsBackFromStatusToCode) {
  for (const auto code : kCodes) EXPECT_EQ(code_of_status(http_status(code)), code) << base::to_string(code);
}

TEST(ErrorTable, NeverExitsWithSuccess) {
  for (const auto code : kCodes) EXPECT_GT(exit_status(code), 1) << base::to_string(code);
}

TEST(ErrorTable, PlacesStatusesOfOthers) {
  EXPECT_EQ(code_of_status(408), ErrorCode::timed_out);
  EXPECT_EQ(code_of_status(431), ErrorCode::too_large);
  EXPECT_EQ(code_of_status(418), ErrorCode::malformed);
  EXPECT_EQ(code_of_status(599), ErrorCode::internal);
}

TEST(Problem, NamesFieldAndRule) {
  const base::Error error(ErrorCode::invalid_argument, "must be between 1 and 65535", "port");

  const auto problem = make_problem(error);

  EXPECT_EQ(problem.status, 422);
  EXPECT_EQ(problem.detail, "port: must be between 1 and 65535");
  EXPECT_EQ(
      encode(problem),
      R"({"type":"about:blank","title":"Invalid value","status":422,"code":"invalid_argument",)"
      R"("detail":"port: must be between 1 and 65535","errors":[{"field":"port","rule":"must be between 1 and 65535"}]})");
}

TEST(Problem, ComesBackAsTheSameError) {
  for (const auto code : kCodes) {
    const auto back = decode_problem(http_status(code), encode(make_problem(base::Error(code, "why"))));
    EXPECT_EQ(back.code(), code);
    EXPECT_EQ(back.message(), "why");
  }
  const base::Error named(ErrorCode::invalid_argument, "is missing", "port");
  const auto back = decode_problem(422, encode(make_problem(named)));
  EXPECT_EQ(back.field(), "port");
  EXPECT_EQ(back.message(), "is missing");
}

TEST(Problem, IsMadeFromTheStatusWhereThereIsNoDocument) {
  const auto error = decode_problem(502, "<html>bad gateway</html>");
  EXPECT_EQ(error.code(), ErrorCode::peer_closed);
  EXPECT_EQ(error.message(), "answered with status 502");
}

}  // namespace
}  // namespace wire
