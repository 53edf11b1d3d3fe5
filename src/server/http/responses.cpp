#include "server/http/responses.hpp"

#include <boost/json/serialize.hpp>

#include "wire/http_head.hpp"

namespace server {

io::http::Response json_response(int status, const boost::json::object& body) {
  auto response = io::http::make_response(status, "application/json", boost::json::serialize(body) + "\n");
  // Answers hold people's data and, some of them, fresh secrets.
  response.fields.add("Cache-Control", "no-store");
  return response;
}

io::http::Response no_content() {
  io::http::Response response;
  response.status = 204;
  return response;
}

io::http::Response problem_response(const base::Error& error, const std::string& request_id) {
  return problem_response(wire::make_problem(error), request_id);
}

io::http::Response problem_response(wire::Problem problem, const std::string& request_id) {
  problem.request_id = request_id;
  auto response =
      io::http::make_response(problem.status, std::string(wire::kProblemType), wire::encode(problem) + "\n");
  response.fields.add("Cache-Control", "no-store");
  if (problem.status == 401) response.fields.add("WWW-Authenticate", "Bearer");
  return response;
}

io::http::Response upgrade_required(const std::string& request_id) {
  auto response =
      problem_response(other_problem(426, "this is a WebSocket: ask for the upgrade"), request_id);
  response.fields.add("Upgrade", "websocket");
  return response;
}

wire::Problem other_problem(int status, std::string detail) {
  wire::Problem problem;
  problem.status = status;
  problem.code = wire::code_of_status(status);
  problem.title = wire::reason_of(status);
  problem.detail = std::move(detail);
  return problem;
}

}  // namespace server
