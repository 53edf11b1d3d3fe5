/// Answers of the API.
#pragma once

#include <string>
#include <string_view>

#include <boost/json/object.hpp>

#include "base/error.hpp"
#include "io/http/message.hpp"
#include "wire/error_table.hpp"

namespace server {

[[nodiscard]] io::http::Response json_response(int status, const boost::json::object& body);
[[nodiscard]] io::http::Response no_content();
/// With WWW-Authenticate where it is a 401.
[[nodiscard]] io::http::Response problem_response(const base::Error& error, const std::string& request_id);
[[nodiscard]] io::http::Response problem_response(wire::Problem problem, const std::string& request_id);
/// 426: the route is a WebSocket, the request no upgrade.
[[nodiscard]] io::http::Response upgrade_required(const std::string& request_id);
/// A status that no ErrorCode stands for, such as 405 and 426.
[[nodiscard]] wire::Problem other_problem(int status, std::string detail);

}  // namespace server
