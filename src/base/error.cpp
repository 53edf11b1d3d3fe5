#include "base/error.hpp"

namespace base {

tl::unexpected<Error> fail(ErrorCode code, std::string message) {
  return tl::unexpected<Error>(Error(code, std::move(message)));
}

tl::unexpected<Error> fail_field(std::string field, std::string rule) {
  return tl::unexpected<Error>(Error(ErrorCode::invalid_argument, std::move(rule), std::move(field)));
}

std::string_view to_string(ErrorCode code) {
  switch (code) {
    case ErrorCode::malformed: return "malformed";
    case ErrorCode::invalid_argument: return "invalid_argument";
    case ErrorCode::unauthenticated: return "unauthenticated";
    case ErrorCode::forbidden: return "forbidden";
    case ErrorCode::not_found: return "not_found";
    case ErrorCode::conflict: return "conflict";
    case ErrorCode::too_large: return "too_large";
    case ErrorCode::too_many: return "too_many";
    case ErrorCode::timed_out: return "timed_out";
    case ErrorCode::unavailable: return "unavailable";
    case ErrorCode::peer_closed: return "peer_closed";
    case ErrorCode::internal: return "internal";
  }
  return "internal";
}

}  // namespace base
